using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Throttling;

/// <summary>Rates as callers see them.</summary>
public sealed class ThrottlingTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CallBeyondTheRate_IsRefusedAndTheNextSecondIsFree()
    {
        await using var server = await StartAsync(("DescribeAndGetPerSecond", "2"));
        foreach (var operation in new[] { "GetSecretValue", "DescribeSecret" })
            (await CallAsync(server, operation)).ErrorCode.ShouldBe("ResourceNotFoundException");
        var refused = await CallAsync(server, "GetSecretValue");
        ((int)refused.Status, refused.Body).ShouldBe((400, """{"__type":"ThrottlingException","message":"Rate exceeded"}"""));
        refused.RequestId.ShouldNotBeNull();
        refused.ContentType.ShouldBe("application/x-amz-json-1.1");
        (await server.CallAsync("ListSecrets", new { }, Stop)).IsSuccess.ShouldBeTrue();

        server.Clock.Advance(TimeSpan.FromMilliseconds(500));
        (await CallAsync(server, "DescribeSecret")).ErrorCode.ShouldBe("ResourceNotFoundException");
        (await CallAsync(server, "DescribeSecret")).ErrorCode.ShouldBe("ThrottlingException");
    }

    [Fact]
    public async Task RefusalComesBeforeTheBodyIsLookedAt()
    {
        await using var server = await StartAsync(("CreateSecretPerSecond", "1"));
        (await server.CallRawAsync("CreateSecret", "nonsense", Stop)).ErrorCode.ShouldBe("SerializationException");
        (await server.CallRawAsync("CreateSecret", "nonsense", Stop)).ErrorCode.ShouldBe("ThrottlingException");
    }

    [Fact]
    public async Task OthersCannotUseUpACallersRate()
    {
        await using var server = await StartAsync(("DescribeAndGetPerSecond", "1"));
        using var thief = server.Client(
            "secretsmanager", new SigningCredentials(TestServer.RootAccessKeyId, Sensitive.FromText("not the secret")));
        for (var call = 0; call < 3; call++)
        {
            using var request = server.JsonRequest("secretsmanager.GetSecretValue", """{"SecretId":"x"}"""u8.ToArray());
            (await TestServer.SendAsync(thief, request, Stop)).ErrorCode.ShouldBe("InvalidSignatureException");
        }
        (await CallAsync(server, "GetSecretValue")).ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    [Fact]
    public async Task FloodOfRefusals_LeavesOneRecordASecond()
    {
        await using var server = await StartAsync(("DescribeAndGetPerSecond", "1"));
        for (var call = 0; call < 10; call++) await CallAsync(server, "GetSecretValue");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        for (var call = 0; call < 10; call++) await CallAsync(server, "GetSecretValue");
        var codes = (await server.AuditLinesAsync(Stop)).Select(line => line.GetProperty("errorCode").GetString()).ToList();
        codes.ShouldBe(["ResourceNotFoundException", "ThrottlingException", "ResourceNotFoundException", "ThrottlingException"]);
    }

    [Fact]
    public async Task ByDefault_NothingIsCounted()
    {
        await using var server = await TestServer.StartAsync(Stop);
        for (var call = 0; call < 60; call++) (await server.CallAsync("GetRandomPassword", new { }, Stop)).IsSuccess.ShouldBeTrue();
    }

    private static Task<Answer> CallAsync(TestServer server, string operation) => server.CallAsync(operation, new { SecretId = "x" }, Stop);

    private static Task<TestServer> StartAsync(params (string Name, string Value)[] rates)
    {
        var settings = rates.ToDictionary(rate => $"Rekey:Throttling:{rate.Name}", string? (rate) => rate.Value);
        settings["Rekey:Throttling:Enabled"] = "true";
        return TestServer.StartAsync(new TestServerOptions { Settings = settings }, Stop);
    }
}
