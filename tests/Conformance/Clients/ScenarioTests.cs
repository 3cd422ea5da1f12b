using Xunit;

namespace Rekey.Conformance.Clients;

/// <summary>
/// Every scenario, with every version of one kind of client that this machine has. A client that is missing is a skipped test.
/// </summary>
public abstract class ScenarioTests(ScenarioServer server)
{
    private const string Missing = "none";

    protected async Task PerformAsync(string client, string scenario)
    {
        Assert.SkipWhen(client == Missing, $"{scenario} is not installed (eng/install --tests, eng/clients)");
        var cancellationToken = TestContext.Current.CancellationToken;
        var script = Scenario.All[scenario];
        await new ScenarioRun(server.DriverOf(client), await server.VariablesAsync(script, cancellationToken))
            .PerformAsync(script, cancellationToken);
    }

    protected static TheoryData<string, string> CasesOf(string kind)
    {
        var clients = InstalledClient.All.Where(client => client.Kind == kind).ToArray();
        if (clients.Length == 0) return new TheoryData<string, string> { { Missing, kind } };
        return new TheoryData<string, string>(
            from client in clients
            from scenario in Scenario.All.Values
            where scenario.CanBeSaidBy(client.Description)
            select (client.Name, scenario.Name));
    }
}

/// <summary>boto3, unmodified.</summary>
public sealed class Boto3ScenarioTests(ScenarioServer server) : ScenarioTests(server), IClassFixture<ScenarioServer>
{
    public static TheoryData<string, string> Cases => CasesOf("boto3");

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Answers(string client, string scenario) => PerformAsync(client, scenario);
}

/// <summary>The AWS CLI, unmodified, with the flags that a person types.</summary>
public sealed class AwsCliScenarioTests(ScenarioServer server) : ScenarioTests(server), IClassFixture<ScenarioServer>
{
    public static TheoryData<string, string> Cases => CasesOf("AWS CLI");

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Answers(string client, string scenario) => PerformAsync(client, scenario);
}

/// <summary>The AWS SDK for JavaScript v3, unmodified.</summary>
public sealed class JavaScriptScenarioTests(ScenarioServer server) : ScenarioTests(server), IClassFixture<ScenarioServer>
{
    public static TheoryData<string, string> Cases => CasesOf("JavaScript SDK");

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Answers(string client, string scenario) => PerformAsync(client, scenario);
}
