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
    public async Task UnknownOrMalformedId_IsRefused()
    {
        await FailAsync("DescribeSecret", new { SecretId = "nobody" }, "ResourceNotFoundException", NotFound);
        await FailAsync("DescribeSecret", new { SecretId = "a b" }, "ValidationException", InvalidName);
    }
}
