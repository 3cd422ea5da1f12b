using System.Text.Json.Nodes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class ListSecretsTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private int _tokens;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(Stop);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task NoSecrets_IsAnEmptyList() =>
        (await OkAsync(new { })).ToJsonString().ShouldBe("""{"SecretList":[]}""");

    [Fact]
    public async Task Entry_ShowsWhatDescribeShowsUnderItsOwnLabelKey()
    {
        await CreateAsync("a", "d", ("k", "v"));
        var described = (await _server.CallAsync("DescribeSecret", new { SecretId = "a" }, Stop)).Json.AsObject();
        var entry = (await OkAsync(new { }))["SecretList"]![0]!.AsObject();
        entry.Select(member => member.Key).ShouldBe(
            ["ARN", "CreatedDate", "Description", "LastChangedDate", "Name", "SecretVersionsToStages", "Tags"]);
        entry["SecretVersionsToStages"]!.ToJsonString().ShouldBe(described["VersionIdsToStages"]!.ToJsonString());
        foreach (var (key, value) in entry.Where(member => member.Key != "SecretVersionsToStages"))
            value!.ToJsonString().ShouldBe(described[key]!.ToJsonString());
    }

    [Fact]
    public async Task ScheduledForDeletion_IsHiddenUnlessAskedFor()
    {
        await CreateAsync("a");
        await CreateAsync("b");
        await _server.CallAsync("DeleteSecret", new { SecretId = "a" }, Stop);
        (await NamesAsync(new { })).ShouldBe(["b"]);
        (await NamesAsync(new { IncludePlannedDeletion = true })).ShouldBe(["a", "b"]);
        (await OkAsync(new { IncludePlannedDeletion = true }))["SecretList"]![0]!["DeletedDate"].ShouldNotBeNull();
    }

    [Theory]
    [InlineData(null, null, "b a C d")]
    [InlineData("created-date", null, "b a C d")]
    [InlineData("created-date", "asc", "b a C d")]
    [InlineData(null, "desc", "d C a b")]
    [InlineData("name", "asc", "C a b d")]
    [InlineData("name", "desc", "d b a C")]
    [InlineData("last-changed-date", "asc", "b C d a")]
    [InlineData("last-changed-date", "desc", "a d C b")]
    [InlineData("last-accessed-date", "asc", "d C b a")]
    [InlineData("last-accessed-date", "desc", "C d b a")]
    public async Task Order_IsByTheKeyAskedFor(string? sortBy, string? sortOrder, string names)
    {
        foreach (var name in new[] { "b", "a", "C", "d" })
        {
            await CreateAsync(name);
            _server.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await _server.CallAsync("UpdateSecret", new { SecretId = "a", Description = "x", ClientRequestToken = NewToken() }, Stop);
        foreach (var name in new[] { "d", "C" })
        {
            await _server.CallAsync("GetSecretValue", new { SecretId = name }, Stop);
            _server.Clock.Advance(TimeSpan.FromDays(1));
        }
        var expected = names.Split(' ');
        foreach (var size in new[] { 1, 2, 3, 100 })
        {
            var listed = await AllNamesAsync(token => new { SortBy = sortBy, SortOrder = sortOrder, MaxResults = size, NextToken = token });
            // Secrets that were never read are equal in this order; their ARNs, which are random, decide.
            if (sortBy == "last-accessed-date") listed = [.. listed[..2], .. listed[2..].OrderDescending(StringComparer.Ordinal)];
            listed.ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Pages_TogetherAreTheList(int size)
    {
        // All of one moment: only the ARN tells them apart.
        var names = Enumerable.Range(0, 230).Select(index => $"s{index:d3}").ToList();
        await Task.WhenAll(names.Select(name => CreateAsync(name)));
        (await AllNamesAsync(token => new { MaxResults = size, NextToken = token })).Order().ShouldBe(names);
        (await AllNamesAsync(token => new { MaxResults = size, NextToken = token, SortBy = "name" })).ShouldBe(names);
        (await AllNamesAsync(token => new
        {
            MaxResults = size,
            NextToken = token,
            SortBy = "name",
            Filters = new[] { new { Key = "name", Values = new[] { "s1" } } },
        })).ShouldBe(names.Where(name => name.StartsWith("s1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task SecretsMadeAndRemovedBetweenPages_ShiftNothing()
    {
        foreach (var name in new[] { "a", "c", "e", "g" }) await CreateAsync(name);
        var first = await OkAsync(new { SortBy = "name", MaxResults = 2 });
        await CreateAsync("b");
        await CreateAsync("f");
        await _server.CallAsync("DeleteSecret", new { SecretId = "a" }, Stop);
        (await NamesAsync(new { SortBy = "name", MaxResults = 10, NextToken = (string?)first["NextToken"] })).ShouldBe(["e", "f", "g"]);
    }

    [Fact]
    public async Task LastPage_HasNoToken()
    {
        await CreateAsync("a");
        await CreateAsync("b");
        (await OkAsync(new { MaxResults = 2 }))["NextToken"].ShouldBeNull();
        (await OkAsync(new { MaxResults = 1 }))["NextToken"].ShouldNotBeNull();
    }

    [Fact]
    public async Task TokenOfAnotherQuery_IsInvalid()
    {
        await CreateAsync("a");
        await CreateAsync("b");
        var token = (string)(await OkAsync(new { MaxResults = 1 }))["NextToken"]!;
        foreach (var request in new object[]
        {
            new { NextToken = token, SortBy = "name" },
            new { NextToken = token, SortOrder = "desc" },
            new { NextToken = token, IncludePlannedDeletion = true },
            new { NextToken = token, Filters = new[] { new { Key = "name", Values = new[] { "a" } } } },
            new { NextToken = "nonsense" },
            new { NextToken = (token[0] == 'A' ? 'B' : 'A') + token[1..] },
        }) await FailAsync(request, "InvalidNextTokenException", "Invalid NextToken value.");
        // Only the size of the page may change.
        (await NamesAsync(new { NextToken = token, MaxResults = 50 })).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Filters_WorkOnTheWire()
    {
        await CreateAsync("prod/ThisTestSecret", "a secret", ("Team", "Blue"));
        await CreateAsync("dev/Thirdsecret", "asecret");
        (await NamesAsync(Filter("all", "test"))).ShouldBe(["prod/ThisTestSecret"]);
        (await NamesAsync(Filter("description", "A Sec"))).ShouldBe(["prod/ThisTestSecret"]);
        (await NamesAsync(Filter("name", "!prod"))).ShouldBe(["dev/Thirdsecret"]);
        (await NamesAsync(Filter("tag-key", "Te"))).ShouldBe(["prod/ThisTestSecret"]);
        (await NamesAsync(Filter("tag-value", "blue"))).ShouldBeEmpty();
        await FailAsync(new { Filters = new[] { new { Values = new[] { "v" } } } }, "InvalidParameterException", "Invalid filter key");
        await FailAsync(
            new { Filters = new[] { new { Key = "name" } } }, "InvalidParameterException", "Invalid filter values for key: name");
        (await _server.CallAsync("ListSecrets", Filter("invalid", "v"), Stop)).ErrorCode.ShouldBe("ValidationException");
    }

    private static object Filter(string key, string value) => new { Filters = new[] { new { Key = key, Values = new[] { value } } } };

    private async Task CreateAsync(string name, string? description = null, params (string Key, string Value)[] tags)
    {
        var answer = await _server.CallAsync("CreateSecret", new
        {
            Name = name,
            SecretString = "s",
            ClientRequestToken = NewToken(),
            Description = description,
            Tags = tags.Length == 0 ? null : tags.Select(tag => new { tag.Key, tag.Value }),
        }, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
    }

    private string NewToken() => $"{Interlocked.Increment(ref _tokens):d36}";

    private async Task<JsonNode> OkAsync(object request)
    {
        var answer = await _server.CallAsync("ListSecrets", request, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Json;
    }

    private async Task FailAsync(object request, string code, string text)
    {
        var answer = await _server.CallAsync("ListSecrets", request, Stop);
        ((int)answer.Status, answer.ErrorCode, answer.ErrorMessage).ShouldBe((400, code, text));
    }

    private async Task<List<string>> NamesAsync(object request) =>
        [.. (await OkAsync(request))["SecretList"]!.AsArray().Select(entry => (string)entry!["Name"]!)];

    private async Task<List<string>> AllNamesAsync(Func<string?, object> request)
    {
        var names = new List<string>();
        string? token = null;
        do
        {
            var page = await OkAsync(request(token));
            names.AddRange(page["SecretList"]!.AsArray().Select(entry => (string)entry!["Name"]!));
            token = (string?)page["NextToken"];
        }
        while (token is not null);
        return names;
    }
}
