using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Whatever comes and goes between two pages: nothing comes twice, and what was there all the time comes.</summary>
public sealed class PagingProperties
{
    private const int Runs = 40;
    private static readonly string[] Sorts = ["created-date", "last-accessed-date", "last-changed-date", "name"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PagesOfAChangingList_MissNothingAndRepeatNothing()
    {
        await using var server = await TestServer.StartAsync(Stop);
        var walk = from sort in Gen.Elements(Sorts)
                   from order in Gen.Elements("asc", "desc")
                   from size in Gen.Choose(1, 3)
                   from count in Gen.Choose(1, 7)
                   from changes in Gen.Choose(-7, 7).ListOf(8)
                   select new Walk(sort, order, size, count, [.. changes]);
        var run = 0;
        foreach (var sample in walk.Sample(Runs))
            await WalkAsync(server, sample, string.Create(CultureInfo.InvariantCulture, $"run{run++:d3}/"));
    }

    /// <param name="Changes">Between two pages: delete the secret of that number, or make one when it is not positive.</param>
    private sealed record Walk(string Sort, string Order, int Size, int Count, int[] Changes);

    private static async Task WalkAsync(TestServer server, Walk walk, string prefix)
    {
        var alive = new List<string>();
        for (var index = 0; index < walk.Count; index++) await CreateAsync(server, alive, prefix, index);
        var constant = alive.ToHashSet();
        var seen = new List<string>();
        string? token = null;
        for (var page = 0; page == 0 || token is not null; page++)
        {
            if (page > 0 && page <= walk.Changes.Length) await ChangeAsync(server, walk.Changes[page - 1], alive, constant, prefix, page);
            var answer = await OkAsync(server, "ListSecrets", new
            {
                SortBy = walk.Sort,
                SortOrder = walk.Order,
                MaxResults = walk.Size,
                NextToken = token,
                Filters = new[] { new { Key = "name", Values = new[] { prefix } } },
            });
            var names = answer.Json["SecretList"]!.AsArray().Select(entry => entry!["Name"]!.GetValue<string>()).ToList();
            names.Count.ShouldBeLessThanOrEqualTo(walk.Size);
            seen.AddRange(names);
            token = (string?)answer.Json["NextToken"];
        }
        seen.ShouldBeUnique($"{walk}");
        constant.Except(seen).ShouldBeEmpty($"{walk}");
    }

    private static async Task ChangeAsync(
        TestServer server, int change, List<string> alive, HashSet<string> constant, string prefix, int page)
    {
        if (change <= 0)
        {
            await CreateAsync(server, alive, prefix, 100 + page);
            return;
        }
        if (alive.Count == 0) return;
        var victim = alive[change % alive.Count];
        alive.Remove(victim);
        constant.Remove(victim);
        await OkAsync(server, "DeleteSecret", new { SecretId = victim, ForceDeleteWithoutRecovery = change % 2 == 0 });
    }

    private static async Task CreateAsync(TestServer server, List<string> alive, string prefix, int number)
    {
        // Some names before and some after those that are there; some secrets read, some of the same moment.
        var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}{number * 37 % 11:d2}-{number}");
        await OkAsync(server, "CreateSecret", new { Name = name, SecretString = "v", ClientRequestToken = name.PadLeft(32, '0') });
        if (number % 2 == 0) await OkAsync(server, "GetSecretValue", new { SecretId = name });
        if (number % 3 == 0) server.Clock.Advance(TimeSpan.FromHours(5));
        alive.Add(name);
    }

    private static async Task<Answer> OkAsync(TestServer server, string operation, object request)
    {
        var answer = await server.CallAsync(operation, request, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer;
    }
}
