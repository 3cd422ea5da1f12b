using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>TagResource and UntagResource.</summary>
public sealed class TagTests(SecretsManagerServer server) : OperationTests(server)
{
    [Fact]
    public async Task Answers_AreEmpty()
    {
        var name = NewName();
        await CreateAsync(name);
        foreach (var (operation, request) in new (string, object)[]
        {
            ("TagResource", new { SecretId = name, Tags = new[] { new { Key = "k", Value = "v" } } }),
            ("UntagResource", new { SecretId = name, TagKeys = new[] { "k" } }),
        })
        {
            var answer = await Server.CallAsync(operation, request, Stop);
            (answer.IsSuccess, answer.Body, answer.ContentLength).ShouldBe((true, "", 0));
        }
    }

    [Fact]
    public async Task Tags_AreAbsentThenListedThenEmpty()
    {
        var name = NewName();
        await CreateAsync(name);
        (await TagsAsync(name)).ShouldBeNull();
        await TagAsync(name, ("b", "1"), ("a", "2"));
        (await TagsAsync(name))!.ToJsonString().ShouldBe("""[{"Key":"b","Value":"1"},{"Key":"a","Value":"2"}]""");
        await TagAsync(name, ("b", "3"), ("c", "4"));
        (await TagsAsync(name))!.ToJsonString()
            .ShouldBe("""[{"Key":"b","Value":"3"},{"Key":"a","Value":"2"},{"Key":"c","Value":"4"}]""");
        await OkUntagAsync(name, "a", "b", "c", "absent");
        (await TagsAsync(name))!.ToJsonString().ShouldBe("[]");
    }

    [Fact]
    public async Task FiftyTags_AreTheMost()
    {
        var name = NewName();
        await CreateAsync(name);
        await TagAsync(name, [.. Enumerable.Range(1, 50).Select(index => ($"k{index}", "v"))]);
        await TagAsync(name, ("k50", "new"));
        await FailAsync("TagResource", new { SecretId = name, Tags = new[] { new { Key = "k51", Value = "v" } } },
            "InvalidParameterException", "The number of tags on a secret can't exceed 50.");
    }

    [Fact]
    public async Task Refusals()
    {
        var name = NewName();
        await CreateAsync(name);
        const string systemTag = "You can't modify system tags. Tag key: 'aws:k'.";
        await FailAsync("TagResource", new { SecretId = name, Tags = new[] { new { Key = "aws:k", Value = "v" } } },
            "InvalidParameterException", systemTag);
        await FailAsync("UntagResource", new { SecretId = name, TagKeys = new[] { "aws:k" } }, "InvalidParameterException", systemTag);
        await FailAsync("TagResource",
            new { SecretId = name, Tags = new[] { new { Key = "k", Value = "1" }, new { Key = "k", Value = "2" } } },
            "InvalidParameterException", "The tag key 'k' is given more than once.");
        await FailAsync("TagResource", new { SecretId = name, Tags = new[] { new { Value = "v" } } },
            "InvalidParameterException", "Every tag must have a key.");
        (await TagsAsync(name)).ShouldBeNull();

        await FailAsync("TagResource", new { SecretId = "nobody", Tags = new[] { new { Key = "k", Value = "v" } } },
            "ResourceNotFoundException", NotFound);
        await FailAsync("UntagResource", new { SecretId = "a b", TagKeys = new[] { "k" } }, "ValidationException", InvalidName);
        await OkAsync("DeleteSecret", new { SecretId = name });
        await FailAsync("TagResource", new { SecretId = name, Tags = new[] { new { Key = "k", Value = "v" } } },
            "InvalidRequestException", MarkedForDeletion);
        await FailAsync("UntagResource", new { SecretId = name, TagKeys = new[] { "k" } }, "InvalidRequestException", MarkedForDeletion);
    }

    private async Task<JsonNode?> TagsAsync(string id) => (await OkAsync("DescribeSecret", new { SecretId = id }))["Tags"];

    private async Task TagAsync(string id, params (string Key, string Value)[] tags)
    {
        var request = new { SecretId = id, Tags = tags.Select(tag => new { tag.Key, tag.Value }) };
        (await Server.CallAsync("TagResource", request, Stop)).IsSuccess.ShouldBeTrue();
    }

    private async Task OkUntagAsync(string id, params string[] keys) =>
        (await Server.CallAsync("UntagResource", new { SecretId = id, TagKeys = keys }, Stop)).IsSuccess.ShouldBeTrue();
}
