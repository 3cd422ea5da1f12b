using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class ListSecretVersionIdsTests(SecretsManagerServer server) : OperationTests(server)
{
    // For a secret that is scheduled for deletion, as Terraform's tests on AWS expect.
    protected override string[] UndeclaredErrors => ["InvalidRequestException"];

    [Fact]
    public async Task Versions_ComeInOrderOfCreation()
    {
        var (name, v1) = (NewName(), NewToken());
        var arn = await CreateAsync(name, "one", v1);
        var v2 = await PutAsync(name, "two");
        var answer = await OkAsync("ListSecretVersionIds", new { SecretId = name });
        (Text(answer, "ARN"), Text(answer, "Name")).ShouldBe((arn, name));
        answer["NextToken"].ShouldBeNull();
        Shown(answer).ShouldBe([$"{v1} AWSPREVIOUS", $"{v2} AWSCURRENT"]);
        var first = answer["Versions"]![0]!;
        first.AsObject().Select(member => member.Key).ShouldBe(["CreatedDate", "KmsKeyIds", "VersionId", "VersionStages"]);
        first["KmsKeyIds"]!.ToJsonString().ShouldBe("""["DefaultEncryptionKey"]""");
    }

    [Fact]
    public async Task WithoutVersions_IsAnEmptyList()
    {
        var name = NewName();
        await OkAsync("CreateSecret", new { Name = name, ClientRequestToken = NewToken() });
        (await OkAsync("ListSecretVersionIds", new { SecretId = name }))["Versions"]!.ToJsonString().ShouldBe("[]");
    }

    [Fact]
    public async Task DeprecatedVersions_AreListedOnDemandWithoutStages()
    {
        var (name, v1) = (NewName(), NewToken());
        await CreateAsync(name, "one", v1);
        var v2 = await PutAsync(name, "two");
        var v3 = await PutAsync(name, "three");
        Shown(await OkAsync("ListSecretVersionIds", new { SecretId = name })).ShouldBe([$"{v2} AWSPREVIOUS", $"{v3} AWSCURRENT"]);
        var all = await OkAsync("ListSecretVersionIds", new { SecretId = name, IncludeDeprecated = true });
        Shown(all).ShouldBe([$"{v1} ", $"{v2} AWSPREVIOUS", $"{v3} AWSCURRENT"]);
        all["Versions"]![0]!.AsObject().ContainsKey("VersionStages").ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Pages_TogetherAreTheList(int size)
    {
        var name = NewName();
        var versions = new List<string> { NewToken() };
        await CreateAsync(name, "0", versions[0]);
        for (var index = 1; index < 7; index++) versions.Add(await PutAsync(name, $"{index}"));

        var seen = new List<string>();
        string? token = null;
        do
        {
            var page = await OkAsync(
                "ListSecretVersionIds", new { SecretId = name, MaxResults = size, IncludeDeprecated = true, NextToken = token });
            page["Versions"]!.AsArray().Count.ShouldBeInRange(1, size);
            seen.AddRange(page["Versions"]!.AsArray().Select(version => Text(version!, "VersionId")));
            token = (string?)page["NextToken"];
        }
        while (token is not null);
        seen.ShouldBe(versions);
    }

    [Fact]
    public async Task TokenOfAnotherQuery_IsInvalid()
    {
        var (name, other) = (NewName(), NewName());
        await CreateAsync(name);
        await CreateAsync(other);
        await PutAsync(name, "two");
        var token = Text(await OkAsync("ListSecretVersionIds", new { SecretId = name, MaxResults = 1 }), "NextToken");
        const string text = "Invalid NextToken value.";
        foreach (var request in new object[]
        {
            new { SecretId = other, MaxResults = 1, NextToken = token },
            new { SecretId = name, MaxResults = 1, NextToken = token, IncludeDeprecated = true },
            new { SecretId = name, NextToken = "nonsense" },
            new { SecretId = name, NextToken = token[..^1] },
            new { SecretId = name, NextToken = "=" },
            new { SecretId = name, NextToken = "ünicode" },
        }) await FailAsync("ListSecretVersionIds", request, "InvalidNextTokenException", text);
    }

    [Fact]
    public async Task Refusals()
    {
        var name = NewName();
        await CreateAsync(name);
        await FailAsync("ListSecretVersionIds", new { SecretId = "nobody" }, "ResourceNotFoundException", NotFound);
        await FailAsync("ListSecretVersionIds", new { SecretId = "a b" }, "ValidationException", InvalidName);
        foreach (var size in new[] { 0, 101 })
        {
            (await Server.CallAsync("ListSecretVersionIds", new { SecretId = name, MaxResults = size }, Stop))
                .ErrorCode.ShouldBe("ValidationException");
        }
        await OkAsync("ListSecretVersionIds", new { SecretId = name, MaxResults = 100 });
        await OkAsync("DeleteSecret", new { SecretId = name });
        await FailAsync("ListSecretVersionIds", new { SecretId = name }, "InvalidRequestException", MarkedForDeletion);
    }

    private static IEnumerable<string> Shown(JsonNode answer) => answer["Versions"]!.AsArray().Select(version =>
        $"{Text(version!, "VersionId")} {(version!["VersionStages"] is { } stages ? Joined(stages) : "")}");
}
