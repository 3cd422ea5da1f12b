using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Settings;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Each served region is a name space of its own: secrets, ARNs and keys of one are unknown in another.</summary>
public sealed class RegionTests : IAsyncLifetime
{
    private const string Home = TestServer.Region;
    private const string Other = "eu-west-1";
    private const string Token = "00000000-0000-0000-0000-000000000001";
    private TestServer _server = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        new TestServerOptions { Settings = new Dictionary<string, string?> { [RegionOptions.RegionsKey] = Other } }, Stop);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task SameName_IsAnotherSecretInEachRegion()
    {
        var homeArn = await CreateAsync(Home, "home");
        var otherArn = await CreateAsync(Other, "other");

        homeArn.ShouldStartWith($"arn:aws:secretsmanager:{Home}:123456789012:secret:same-");
        otherArn.ShouldStartWith($"arn:aws:secretsmanager:{Other}:123456789012:secret:same-");
        (await ValueAsync(Home, "same")).ShouldBe("home");
        (await ValueAsync(Other, "same")).ShouldBe("other");
        // Twice: the second answer may come from memory.
        (await ValueAsync(Home, "same")).ShouldBe("home");
        (await ValueAsync(Other, "same")).ShouldBe("other");
    }

    [Theory]
    [InlineData("DescribeSecret")]
    [InlineData("GetSecretValue")]
    [InlineData("ListSecretVersionIds")]
    [InlineData("DeleteSecret")]
    [InlineData("RestoreSecret")]
    public async Task ArnOrNameOfAnotherRegion_IsNotFound(string operation)
    {
        var arn = await CreateAsync(Home, "home");

        foreach (var id in new[] { arn, arn[..^7], "same" })
        {
            var answer = await _server.CallInAsync(Other, operation, new { SecretId = id }, Stop);
            (answer.ErrorCode, answer.ErrorMessage)
                .ShouldBe(("ResourceNotFoundException", "Secrets Manager can't find the specified secret."), id);
        }
    }

    [Fact]
    public async Task List_ShowsItsOwnRegion()
    {
        var homeArn = await CreateAsync(Home, "home");
        var otherArn = await CreateAsync(Other, "other");

        (await ListAsync(Home)).ShouldBe([homeArn]);
        (await ListAsync(Other)).ShouldBe([otherArn]);
    }

    [Fact]
    public async Task Deletion_LeavesTheOtherRegionAlone()
    {
        await CreateAsync(Home, "home");
        await CreateAsync(Other, "other");
        (await _server.CallInAsync(Other, "DeleteSecret", new { SecretId = "same", ForceDeleteWithoutRecovery = true }, Stop))
            .IsSuccess.ShouldBeTrue();

        (await ValueAsync(Home, "same")).ShouldBe("home");
        (await ListAsync(Other)).ShouldBeEmpty();
    }

    [Fact]
    public async Task DefaultKey_IsOneOfEachRegion()
    {
        await CreateAsync(Home, "home");
        await CreateAsync(Other, "other");
        var database = _server.Services.GetRequiredService<IDatabase>();

        var sealing = database.Read(session => session.Query(
            "SELECT region, kms_key_arn FROM secrets ORDER BY region", row => (Region: row.Text(0), KeyArn: row.Text(1))));

        sealing.Select(secret => secret.Region).ShouldBe([Other, Home]);
        sealing.ShouldAllBe(secret => secret.KeyArn.StartsWith($"arn:aws:kms:{secret.Region}:123456789012:key/"));
    }

    [Theory]
    [InlineData("us-west-2")]
    [InlineData("EU-WEST-1")]
    public async Task RegionThatIsNotServed_IsRefused(string region)
    {
        var answer = await _server.CallInAsync(region, "ListSecrets", new { }, Stop);
        (answer.ErrorCode, answer.ErrorMessage).ShouldBe(
            ("InvalidSignatureException", $"Credential should be scoped to a valid region, not '{region}'. "));
    }

    [Fact]
    public async Task StsAndRekey_AnswerInEveryRegion()
    {
        await CreateAsync(Other, "other");
        using var sts = _server.Client("sts", region: Other);
        using var identity = new FormUrlEncodedContent(
            new Dictionary<string, string> { ["Action"] = "GetCallerIdentity", ["Version"] = "2011-06-15" });
        using var answer = await sts.PostAsync(_server.Endpoint, identity, Stop);
        answer.IsSuccessStatusCode.ShouldBeTrue();

        using var rekey = _server.Client("rekey", region: Other);
        using var request = _server.JsonRequest("rekey.DescribeRotation", """{"SecretId":"same"}"""u8.ToArray());
        (await TestServer.SendAsync(rekey, request, Stop)).Text("ARN").ShouldContain(Other);
        using var atHome = _server.Client("rekey", region: Home);
        using var sameAtHome = _server.JsonRequest("rekey.DiagnoseSecret", """{"SecretId":"same"}"""u8.ToArray());
        (await TestServer.SendAsync(atHome, sameAtHome, Stop)).ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    private async Task<string> CreateAsync(string region, string value)
    {
        var answer = await _server.CallInAsync(
            region, "CreateSecret", new { Name = "same", SecretString = value, ClientRequestToken = Token }, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Text("ARN");
    }

    private async Task<string> ValueAsync(string region, string id) =>
        (await _server.CallInAsync(region, "GetSecretValue", new { SecretId = id }, Stop)).Text("SecretString");

    private async Task<IEnumerable<string>> ListAsync(string region) =>
        (await _server.CallInAsync(region, "ListSecrets", new { }, Stop)).Json["SecretList"]!.AsArray()
            .Select(entry => entry!["ARN"]!.GetValue<string>()).ToArray();
}
