using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Conformance.Storage;

/// <summary>
/// A server whose answers are to be compared with another's: fills what requests leave open, and replaces what each server draws at random
/// (ARN suffixes, page tokens) by what it stands for.
/// </summary>
internal sealed partial class ComparedServer(TestServer server) : IAsyncDisposable
{
    private readonly Dictionary<string, string> _arnOf = [];
    private readonly Dictionary<string, string> _shownAs = [];
    private string _pageToken = "none";

    /// <summary>Moves the clock, lets the server purge what is due, calls, and returns what can be compared.</summary>
    public async Task<string> CallAsync(RandomOperation operation, CancellationToken cancellationToken)
    {
        server.Clock.Advance(operation.Pause);
        await SettleAsync(cancellationToken);
        var answer = await server.CallRawAsync(operation.Operation, Fill(operation.Request), cancellationToken);
        if (operation.Operation == "CreateSecret" && answer.IsSuccess) _arnOf[answer.Text("Name")] = answer.Text("ARN");
        if (operation.Operation.StartsWith("List", StringComparison.Ordinal) && answer.IsSuccess)
            _pageToken = answer.Json["NextToken"]?.GetValue<string>() ?? "none";
        return $"{(int)answer.Status} {Show(answer.Body)}";
    }

    /// <summary>What the audit says of all calls so far, counted by operation and outcome.</summary>
    public List<string> AuditCounts() => server.Services.GetRequiredService<IDatabase>().Read(session => session.Query(
        """
        SELECT event_name, COALESCE(error_code, ''), COUNT(*) FROM audit_events
        GROUP BY event_name, COALESCE(error_code, '') ORDER BY event_name, COALESCE(error_code, '')
        """,
        row => $"{row.Text(0)} {row.Text(1)} {row.Number(2)}"));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var database = server.Services.GetRequiredService<IDatabase>();
        while (database.Read(session => session.Find("SELECT COUNT(*) FROM secrets WHERE purge_at <= @now", row => row.Number(0),
            ("@now", server.Clock.GetUtcNow()))) > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
    }

    private string Fill(string request)
    {
        request = FullArn().Replace(request, match => _arnOf.GetValueOrDefault(match.Groups[1].Value, "none"));
        request = PartialArn().Replace(request, match => _arnOf.GetValueOrDefault(match.Groups[1].Value, "none-000000")[..^7]);
        return request.Replace("@TOKEN", _pageToken, StringComparison.Ordinal);
    }

    private string Show(string body)
    {
        if (body.Length == 0) return body;
        var json = JsonNode.Parse(body)!.AsObject();
        if (json.ContainsKey("NextToken")) json["NextToken"] = "a token";
        return Suffix().Replace(json.ToJsonString(), match =>
        {
            if (!_shownAs.TryGetValue(match.Value, out var shown))
            {
                var number = _shownAs.Keys.Count(known => known.StartsWith(match.Groups[1].Value, StringComparison.Ordinal));
                _shownAs[match.Value] = shown = string.Create(CultureInfo.InvariantCulture, $"{match.Groups[1]}-suffix{number}");
            }
            return shown;
        });
    }

    [GeneratedRegex(@"@ARN\(([^)]*)\)", RegexOptions.NonBacktracking)]
    private static partial Regex FullArn();

    [GeneratedRegex(@"@PARTIAL\(([^)]*)\)", RegexOptions.NonBacktracking)]
    private static partial Regex PartialArn();

    /// <summary>The names of <see cref="RandomOperations"/> have four characters, some of them escaped in JSON.</summary>
    [GeneratedRegex(@"(secret:(?:[^""\\ ]|\\u00..){4})-[A-Za-z0-9]{6}", RegexOptions.NonBacktracking)]
    private static partial Regex Suffix();
}
