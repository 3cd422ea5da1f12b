using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class DescribeSecretTests(SecretsManagerServer server) : OperationTests(server)
{
    [Fact]
    public async Task NewSecret_ShowsOnlyWhatHasAValue()
    {
        var (name, token) = (NewName(), NewToken());
        var arn = await CreateAsync(name, "v", token);
        var described = await OkAsync("DescribeSecret", new { SecretId = name });
        described.AsObject().Select(member => member.Key).ShouldBe(["ARN", "CreatedDate", "LastChangedDate", "Name", "VersionIdsToStages"]);
        Text(described, "ARN").ShouldBe(arn);
        Time(described, "CreatedDate").ShouldBe(Server.Clock.GetUtcNow());
        described["VersionIdsToStages"]!.ToJsonString().ShouldBe($$"""{"{{token}}":["AWSCURRENT"]}""");
    }

    [Fact]
    public async Task DeprecatedVersions_AreHidden()
    {
        var (name, v1) = (NewName(), NewToken());
        await CreateAsync(name, "one", v1);
        await PutAsync(name, "two");
        await PutAsync(name, "three");
        (await LabelsAsync(name)).ShouldNotContain(v1);
    }

    [Fact]
    public async Task EmptyTagList_IsShownAsGiven()
    {
        var name = NewName();
        await OkAsync("CreateSecret", new { Name = name, ClientRequestToken = NewToken(), Tags = Array.Empty<object>() });
        (await OkAsync("DescribeSecret", new { SecretId = name }))["Tags"]!.ToJsonString().ShouldBe("[]");
    }

    [Fact]
    public async Task EveryMutation_MovesLastChangedDate()
    {
        await using var server = await Fakes.TestServer.StartAsync(Stop);
        var name = NewName();
        await server.CallAsync("CreateSecret", new { Name = name, SecretString = "s", ClientRequestToken = NewToken() }, Stop);
        var version = NewToken();
        foreach (var (operation, request) in new (string, object)[]
        {
            ("PutSecretValue", new { SecretId = name, SecretString = "s", ClientRequestToken = version }),
            ("UpdateSecret", new { SecretId = name, Description = "d", ClientRequestToken = NewToken() }),
            ("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "L", MoveToVersionId = version }),
            ("TagResource", new { SecretId = name, Tags = new[] { new { Key = "k", Value = "v" } } }),
            ("UntagResource", new { SecretId = name, TagKeys = new[] { "k" } }),
            ("DeleteSecret", new { SecretId = name }),
            ("RestoreSecret", new { SecretId = name }),
        })
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            (await server.CallAsync(operation, request, Stop)).IsSuccess.ShouldBeTrue(operation);
            var described = (await server.CallAsync("DescribeSecret", new { SecretId = name }, Stop)).Json;
            Time(described, "LastChangedDate").ShouldBe(server.Clock.GetUtcNow(), operation);
        }
    }

    [Fact]
    public async Task UnknownOrMalformedId_IsRefused()
    {
        await FailAsync("DescribeSecret", new { SecretId = "nobody" }, "ResourceNotFoundException", NotFound);
        await FailAsync("DescribeSecret", new { SecretId = "a b" }, "ValidationException", InvalidName);
    }
}
