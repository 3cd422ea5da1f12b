using Rekey.Server.Settings;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>The quotas as settings: at the bound all is well, one beyond it is refused.</summary>
public sealed class QuotaTests
{
    private int _tokens;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SecretsPerRegion()
    {
        await using var server = await StartAsync("SecretsPerRegion", "2");
        foreach (var name in new[] { "a", "b" }) await OkAsync(server, "CreateSecret", Create(name));
        await FailAsync(server, "CreateSecret", Create("c"), "LimitExceededException", "The number of secrets in a Region can't exceed 2.");
    }

    [Fact]
    public async Task TagsPerSecret()
    {
        await using var server = await StartAsync("TagsPerSecret", "2");
        const string text = "The number of tags on a secret can't exceed 2.";
        var three = new[] { new { Key = "1" }, new { Key = "2" }, new { Key = "3" } };
        await FailAsync(
            server, "CreateSecret", new { Name = "a", ClientRequestToken = NewToken(), Tags = three }, "InvalidParameterException", text);
        await OkAsync(server, "CreateSecret", new { Name = "a", ClientRequestToken = NewToken(), Tags = three[..2] });
        await OkAsync(server, "TagResource", new { SecretId = "a", Tags = three[..2] });
        await FailAsync(server, "TagResource", new { SecretId = "a", Tags = three[2..] }, "InvalidParameterException", text);
    }

    [Fact]
    public async Task LabelsPerSecret()
    {
        await using var server = await StartAsync("LabelsPerSecret", "3");
        const string text = "The number of staging labels on a secret can't exceed 3.";
        await OkAsync(server, "CreateSecret", Create("a"));
        await OkAsync(server, "PutSecretValue", Put("AWSCURRENT", "L1"));
        await FailAsync(server, "PutSecretValue", Put("L2"), "LimitExceededException", text);
        await OkAsync(server, "PutSecretValue", Put("L1"));
    }

    [Fact]
    public async Task DeprecatedVersions()
    {
        await using var server = await StartAsync("DeprecatedVersions", "2");
        await OkAsync(server, "CreateSecret", Create("a"));
        for (var version = 0; version < 3; version++) await OkAsync(server, "PutSecretValue", Put("AWSCURRENT"));
        const string text =
            "A secret can't have more than 2 versions without staging labels, and those of the last 24 hours aren't removed.";
        await FailAsync(server, "PutSecretValue", Put("AWSCURRENT"), "LimitExceededException", text);
        server.Clock.Advance(TimeSpan.FromDays(1));
        await OkAsync(server, "PutSecretValue", Put("AWSCURRENT"));
        var listed = await server.CallAsync("ListSecretVersionIds", new { SecretId = "a", IncludeDeprecated = true }, Stop);
        listed.Json["Versions"]!.AsArray().Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("Rekey:Quotas:SecretsPerRegion", "0", "1 to 100000000")]
    [InlineData("Rekey:Quotas:LabelsPerSecret", "2", "3 to 1000")]
    [InlineData("Rekey:Quotas:DeprecatedVersions", "-1", "1 to 10000")]
    [InlineData("Rekey:Quotas:TagsPerSecret", "many", "1 to 1000")]
    [InlineData("Rekey:Throttling:ListSecretsPerSecond", "0", "1 to 1000000")]
    [InlineData("Rekey:Throttling:DescribeAndGetPerSecond", "1000001", "1 to 1000000")]
    public async Task OutOfRange_IsToldAtTheStart(string key, string value, string range)
    {
        var options = new TestServerOptions { Settings = new Dictionary<string, string?> { [key] = value } };
        var fault = await Should.ThrowAsync<SettingsException>(() => TestServer.StartAsync(options, Stop));
        fault.Faults.ShouldBe([$"{key} is '{value}': it must be a whole number from {range}."]);
    }

    private object Create(string name) => new { Name = name, SecretString = "v", ClientRequestToken = NewToken() };

    private object Put(params string[] stages) =>
        new { SecretId = "a", SecretString = "v", ClientRequestToken = NewToken(), VersionStages = stages };

    private string NewToken() => $"{++_tokens:d36}";

    private static async Task OkAsync(TestServer server, string operation, object request)
    {
        var answer = await server.CallAsync(operation, request, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
    }

    private static async Task FailAsync(TestServer server, string operation, object request, string code, string text)
    {
        var answer = await server.CallAsync(operation, request, Stop);
        ((int)answer.Status, answer.ErrorCode, answer.ErrorMessage).ShouldBe((400, code, text));
    }

    private static Task<TestServer> StartAsync(string name, string value) => TestServer.StartAsync(
        new TestServerOptions { Settings = new Dictionary<string, string?> { [$"Rekey:Quotas:{name}"] = value } }, Stop);
}
