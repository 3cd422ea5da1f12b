using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Clients;

/// <summary>
/// A server that holds its callers to one GetRandomPassword a second: clients know its refusal as one to wait and try again on.
/// </summary>
public sealed class ThrottledClientTests(ThrottledClientTests.Throttling throttling) : IClassFixture<ThrottledClientTests.Throttling>
{
    private const int CallsMax = 100;
    private const int AttemptsMax = 10;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Cases => new(
        from client in InstalledClient.All.Select(client => client.Name).DefaultIfEmpty("none")
        from mode in (string[])["standard", "adaptive"]
        select (client, mode));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task RefusedCall_IsTriedAgain(string client, string mode)
    {
        Assert.SkipWhen(client == "none", "no client is installed (eng/install --tests, eng/clients)");
        var driver = throttling.Server.DriverOf(client);
        for (var call = 1; ; call++)
        {
            call.ShouldBeLessThan(CallsMax, "a client that is never refused, or never tells of a second attempt");
            // Whoever does not try again is refused sooner or later...
            var refusal = await CallAsync(driver, "standard", attempts: 1);
            if (refusal["Code"] is null) continue;
            refusal["Code"]!.GetValue<string>().ShouldBe("ThrottlingException");
            refusal["Message"]!.GetValue<string>().ShouldBe("Rate exceeded");

            // ...and whoever does gets through.
            var answer = await CallAsync(driver, mode, AttemptsMax);
            answer["Result"].ShouldNotBeNull($"{client}: {answer.ToJsonString()}");
            // The AWS CLI does not tell; the others may have found the second over.
            if (answer["Attempts"] is not { } attempts || attempts.GetValue<int>() > 1) return;
        }
    }

    private static Task<JsonObject> CallAsync(ClientDriver driver, string mode, int attempts) => driver.CallAsync(
        new JsonObject
        {
            ["Operation"] = "GetRandomPassword",
            ["Parameters"] = new JsonObject(),
            ["Client"] = new JsonObject { ["RetryMode"] = mode, ["Attempts"] = attempts },
        },
        Cancel);

    public sealed class Throttling : IAsyncLifetime
    {
        internal ScenarioServer Server { get; } =
            new() { Settings = { ["Rekey__Throttling__Enabled"] = "true", ["Rekey__Throttling__GetRandomPasswordPerSecond"] = "1" } };

        public ValueTask InitializeAsync() => Server.InitializeAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
