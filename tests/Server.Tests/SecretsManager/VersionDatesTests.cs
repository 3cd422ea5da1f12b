using System.Globalization;
using System.Text.Json.Nodes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>When versions were made and last read: a moment and a day, each version its own.</summary>
public sealed class VersionDatesTests : IAsyncLifetime
{
    // Times are in March 2026, UTC. Versions a and b; "L" stands for the label AWSPREVIOUS, which a has. A read sets its day on the version
    // that was read and on the secret; an earlier day, after the clock was set back, takes nothing away.
    private const string Reads = """
        | at                  | read | secret | a | b |
        | 2 10:00:00          |      | -      | - | - |
        | 2 10:00:01          | b    | 2      | - | 2 |
        | 2 23:59:59.999      | b    | 2      | - | 2 |
        | 3 00:00:00          | a    | 3      | 3 | 2 |
        | 3 00:00:00.001      |      | 3      | 3 | 2 |
        | 5 12:00:00          | b    | 5      | 3 | 5 |
        | 5 12:00:00          | L    | 5      | 5 | 5 |
        | 4 12:00:00          | a    | 5      | 5 | 5 |
        """;

    private TestServer _server = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(Stop);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Read_SetsTheDayOnItsVersionAndOnTheSecret()
    {
        await CallAsync("CreateSecret", new { Name = "s", SecretString = "a", ClientRequestToken = Token('a') });
        await CallAsync("PutSecretValue", new { SecretId = "s", SecretString = "b", ClientRequestToken = Token('b') });
        foreach (var row in TextTable.Rows(Reads).Select(cells => cells.Cast<string>().ToArray()))
        {
            _server.Clock.JumpTo(DateTimeOffset.Parse($"2026-03-0{row[0]}Z", CultureInfo.InvariantCulture));
            if (row[1] == "L") await CallAsync("GetSecretValue", new { SecretId = "s", VersionStage = "AWSPREVIOUS" });
            else if (row[1] != "") await CallAsync("GetSecretValue", new { SecretId = "s", VersionId = Token(row[1][0]) });
            var described = await CallAsync("DescribeSecret", new { SecretId = "s" });
            var versions = (await CallAsync("ListSecretVersionIds", new { SecretId = "s" }))["Versions"]!.AsArray();
            $"{Day(described)} {Day(versions[0]!)} {Day(versions[1]!)}".ShouldBe($"{row[2]} {row[3]} {row[4]}", row[0]);
        }
    }

    [Fact]
    public async Task Version_KeepsTheMomentItWasMade()
    {
        await CallAsync("CreateSecret", new { Name = "s", ClientRequestToken = Token('a') });
        var made = _server.Clock.GetUtcNow();
        foreach (var letter in "abc")
        {
            _server.Clock.Advance(TimeSpan.FromMinutes(1));
            await CallAsync("PutSecretValue", new { SecretId = "s", SecretString = $"{letter}", ClientRequestToken = Token(letter) });
        }
        _server.Clock.Advance(TimeSpan.FromMinutes(1));
        await CallAsync("UpdateSecret", new { SecretId = "s", Description = "d", ClientRequestToken = Token('d') });
        await CallAsync("UpdateSecretVersionStage", new { SecretId = "s", VersionStage = "L", MoveToVersionId = Token('a') });

        var listed = await CallAsync("ListSecretVersionIds", new { SecretId = "s" });
        listed["Versions"]!.AsArray().Select(version => Seconds(version!, "CreatedDate") - made.ToUnixTimeSeconds())
            .ShouldBe([60, 120, 180]);
        for (var index = 0; index < 3; index++)
        {
            var value = await CallAsync("GetSecretValue", new { SecretId = "s", VersionId = Token("abc"[index]) });
            (Seconds(value, "CreatedDate") - made.ToUnixTimeSeconds()).ShouldBe(60 * (index + 1));
        }
        var described = await CallAsync("DescribeSecret", new { SecretId = "s" });
        Seconds(described, "CreatedDate").ShouldBe(made.ToUnixTimeSeconds());
    }

    private static string Token(char letter) => new(letter, 36);

    private static decimal Seconds(JsonNode node, string member) => node[member]!.GetValue<decimal>();

    /// <summary>The day of the month, which must be a whole one; "-" when there is none.</summary>
    private static string Day(JsonNode node)
    {
        if (node["LastAccessedDate"] is null) return "-";
        var day = DateTimeOffset.FromUnixTimeMilliseconds((long)(Seconds(node, "LastAccessedDate") * 1000));
        day.TimeOfDay.ShouldBe(TimeSpan.Zero);
        return $"{day.Day}";
    }

    private async Task<JsonNode> CallAsync(string operation, object request)
    {
        var answer = await _server.CallAsync(operation, request, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Json;
    }
}
