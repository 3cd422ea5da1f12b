using System.Text.Json.Nodes;
using Xunit;

namespace Rekey.Conformance.Clients;

/// <summary>The server that clients go through the scenarios with, and the clients, each started once.</summary>
public sealed class ScenarioServer : IAsyncLifetime
{
    private readonly ClientSession _session = new() { Settings = { ["Rekey__Regions"] = "us-east-1,eu-west-1,eu-central-1" } };
    private readonly Dictionary<string, ClientDriver> _drivers = [];
    private int _runs;

    /// <inheritdoc cref="ClientSession.Settings"/>
    public Dictionary<string, string> Settings => _session.Settings;

    public ValueTask InitializeAsync() => _session.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var driver in _drivers.Values) await driver.DisposeAsync();
        await _session.DisposeAsync();
    }

    internal ClientDriver DriverOf(string client)
    {
        if (!_drivers.TryGetValue(client, out var driver))
            _drivers[client] = driver = ClientDriver.Start(InstalledClient.All.Single(one => one.Name == client), _session.Endpoint);
        return driver;
    }

    /// <summary>What <c>${name}</c> stands for at the start of a scenario.</summary>
    internal async Task<Dictionary<string, string>> VariablesAsync(Scenario scenario, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, string>
        {
            ["prefix"] = $"s{Interlocked.Increment(ref _runs)}/",
            ["arns"] = "arn:aws:secretsmanager:us-east-1:123456789012:secret:",
            ["function"] = ClientSession.FunctionArn,
        };
        if (scenario.Mentions("database"))
        {
            JsonNode account = await _session.CreateAccountAsync(cancellationToken);
            variables["database"] = account.ToJsonString();
        }
        return variables;
    }
}
