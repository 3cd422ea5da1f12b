using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Every order that can be asked for, with ties and missing dates, whole and in pages.</summary>
public sealed class ListSecretsOrderTests
{
    private static readonly string[] Names = ["b", "a", "C", "d/1", "d-1", "d1", "D", "e_", "e"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryOrder_IsThatOfItsKeyAndThenOfTheArn()
    {
        await using var server = await TestServer.StartAsync(Stop);
        await FillAsync(server);
        foreach (var includeDeleted in new[] { false, true })
        {
            var listed = await ListAsync(server, new { IncludePlannedDeletion = includeDeleted });
            listed.Count.ShouldBe(includeDeleted ? Names.Length : Names.Length - 2);
            foreach (var (sortBy, keyOf) in Keys())
            {
                foreach (var sortOrder in new[] { null, "asc", "desc" })
                {
                    var expected = Sorted(listed, keyOf, sortOrder == "desc");
                    foreach (var size in new int?[] { null, 1, 2 })
                    {
                        var request = new
                        {
                            SortBy = sortBy,
                            SortOrder = sortOrder,
                            MaxResults = size,
                            IncludePlannedDeletion = includeDeleted,
                        };
                        var paged = await ListAsync(server, request);
                        paged.Select(Arn).ShouldBe(expected, $"{sortBy} {sortOrder} {size} {includeDeleted}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("MaxResults", "0")]
    [InlineData("MaxResults", "101")]
    [InlineData("SortBy", "\"size\"")]
    [InlineData("SortBy", "\"Name\"")]
    [InlineData("SortOrder", "\"up\"")]
    [InlineData("SortOrder", "\"ASC\"")]
    [InlineData("Filters", """[{"Key":"Name","Values":["v"]}]""")]
    [InlineData("Filters", """[{"Key":"name","Values":["*"]}]""")]
    [InlineData("NextToken", "\"\"")]
    public async Task OutOfTheModel_IsValidationException(string member, string value)
    {
        await using var server = await TestServer.StartAsync(Stop);
        var answer = await server.CallRawAsync("ListSecrets", $$"""{"{{member}}":{{value}}}""", Stop);
        answer.ErrorCode.ShouldBe("ValidationException");
    }

    [Fact]
    public async Task FilterThatFindsLittleInALot_HasEmptyPagesWithATokenForMore()
    {
        await using var server = await TestServer.StartAsync(Stop);
        await server.Services.GetRequiredService<IDatabase>().WriteAsync(
            session =>
            {
                for (var index = 0; index <= Limits.SecretsSeenPerPage; index++) SecretStore.Insert(session, NewSecret($"s{index:d6}"));
                return 0;
            },
            Stop);
        var last = $"s{Limits.SecretsSeenPerPage:d6}";
        object Request(string? token) => new
        {
            SortBy = "name",
            NextToken = token,
            Filters = new[] { new { Key = "name", Values = new[] { last } } },
        };
        var first = await server.CallAsync("ListSecrets", Request(null), Stop);
        first.Json["SecretList"]!.ToJsonString().ShouldBe("[]");
        var second = await server.CallAsync("ListSecrets", Request(first.Text("NextToken")), Stop);
        second.Json["SecretList"]!.AsArray().Single()!["Name"]!.GetValue<string>().ShouldBe(last);
        second.Json["NextToken"].ShouldBeNull();
    }

    /// <summary>Times that coincide and differ; two secrets deleted; some read, on different days.</summary>
    private static async Task FillAsync(TestServer server)
    {
        foreach (var name in Names)
        {
            await OkAsync(server, "CreateSecret", new { Name = name, SecretString = "v", ClientRequestToken = name.PadLeft(32, '0') });
            if (name is "a" or "d/1" or "D") server.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        string[] keys = ["k"];
        foreach (var name in new[] { "C", "a", "e" }) await OkAsync(server, "UntagResource", new { SecretId = name, TagKeys = keys });
        foreach (var name in new[] { "e", "b" }) await OkAsync(server, "GetSecretValue", new { SecretId = name });
        server.Clock.Advance(TimeSpan.FromDays(1));
        foreach (var name in new[] { "d1", "C" }) await OkAsync(server, "GetSecretValue", new { SecretId = name });
        foreach (var name in new[] { "b", "d-1" }) await OkAsync(server, "DeleteSecret", new { SecretId = name });
    }

    private static IEnumerable<(string? SortBy, Func<JsonNode, bool, IComparable> KeyOf)> Keys() =>
    [
        (null, (entry, _) => entry["CreatedDate"]!.GetValue<decimal>()),
        ("created-date", (entry, _) => entry["CreatedDate"]!.GetValue<decimal>()),
        ("last-changed-date", (entry, _) => entry["LastChangedDate"]!.GetValue<decimal>()),
        // Never read: last in either order.
        ("last-accessed-date", (entry, isDescending) =>
            entry["LastAccessedDate"]?.GetValue<decimal>() ?? (isDescending ? decimal.MinValue : decimal.MaxValue)),
        ("name", (entry, _) => string.Join('.', entry["Name"]!.GetValue<string>().Select(letter => $"{(int)letter:d3}"))),
    ];

    private static List<string> Sorted(List<JsonNode> entries, Func<JsonNode, bool, IComparable> keyOf, bool isDescending)
    {
        var sorted = entries.OrderBy(entry => keyOf(entry, isDescending)).ThenBy(Arn, StringComparer.Ordinal).Select(Arn).ToList();
        if (isDescending) sorted.Reverse();
        return sorted;
    }

    private static string Arn(JsonNode entry) => entry["ARN"]!.GetValue<string>();

    private static Secret NewSecret(string name) => new()
    {
        Arn = SecretIdentifier.NewArn(TestServer.Account, TestServer.Region, name),
        Account = TestServer.Account,
        Region = TestServer.Region,
        Name = name,
        KmsKeyArn = "k",
        CreatedDate = DateTimeOffset.UnixEpoch,
        LastChangedDate = DateTimeOffset.UnixEpoch,
    };

    private static async Task<List<JsonNode>> ListAsync(TestServer server, object request)
    {
        var entries = new List<JsonNode>();
        var body = System.Text.Json.JsonSerializer.SerializeToNode(request)!.AsObject();
        while (true)
        {
            var page = await OkAsync(server, "ListSecrets", body);
            entries.AddRange(page["SecretList"]!.AsArray()!);
            if (page["NextToken"] is not { } token) return entries;
            body["NextToken"] = token.DeepClone();
        }
    }

    private static async Task<JsonNode> OkAsync(TestServer server, string operation, object request)
    {
        var answer = await server.CallAsync(operation, request, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Body.Length == 0 ? new JsonObject() : answer.Json;
    }
}
