using System.Text;
using System.Text.RegularExpressions;
using Rekey.Rotators.MySql;

namespace Rekey.Conformance.Engines.MySql.Rights;

/// <summary>
/// What the server itself says of an account, by SHOW GRANTS and SHOW CREATE USER, in a form in which two accounts can be compared. It
/// shares no code with what is tested.
/// </summary>
internal static class ShownGrants
{
    private const string DefaultRole = "SET DEFAULT ROLE ";

    // What two accounts never share, and an empty object of attributes, which says nothing and cannot be taken away. A hash that happens to
    // be printable is shown as text, whatever form was asked for.
    private static readonly Regex HashOrLock = new(
        @" (AS|USING|IDENTIFIED BY PASSWORD) ('(\*[0-9A-F]{40}|[A-Za-z0-9+/]{43}|\$A\$(\\.|[^'\\])*|)'|0x[0-9A-F]*)"
            + @"| ACCOUNT (UN)?LOCK| ATTRIBUTE '\{\}'",
        RegexOptions.NonBacktracking);

    public static async Task<List<string>> ReadAsync(MySqlSession session, string user, string host, CancellationToken cancellationToken)
    {
        var account = $"{GrantWorld.Text(user)}@{GrantWorld.Text(host)}";
        var lines = new List<string>();
        if (session.Server is { IsMariaDb: false, HasRoles: true })
            await session.ExecuteAsync("SET SESSION print_identified_with_as_hex = ON", cancellationToken);
        foreach (var row in await session.QueryRowsAsync($"SHOW GRANTS FOR {account}", cancellationToken)) lines.Add(row[0]!);
        // A default role that the account no longer has says nothing.
        lines.RemoveAll(line => line.StartsWith(DefaultRole, StringComparison.Ordinal)
            && !lines.Exists(grant => grant.StartsWith($"GRANT {RoleOf(line)} TO", StringComparison.Ordinal)));
        if (!session.Server.LacksAlterUser)
            lines.Add((await session.QueryAsync($"SHOW CREATE USER {account}", cancellationToken))![0]!);
        return [.. lines.Select(line => Normalize(line, user, host)).Order(StringComparer.Ordinal)];
    }

    private static string RoleOf(string line) => line[DefaultRole.Length..line.LastIndexOf(" FOR ", StringComparison.Ordinal)];

    private static string Normalize(string line, string user, string host)
    {
        line = line.Replace($"{GrantWorld.Name(user)}@{GrantWorld.Name(host)}", "<account>", StringComparison.Ordinal)
            .Replace($"'{user}'@'{host}'", "<account>", StringComparison.Ordinal);
        line = HashOrLock.Replace(line, "");
        return line.StartsWith("GRANT ", StringComparison.Ordinal) ? "GRANT " + Sorted(line["GRANT ".Length..]) : line;
    }

    /// <summary>The order of privileges, and of columns in parentheses, is the server's whim.</summary>
    private static string Sorted(string list)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        var (quote, depth, at) = ('\0', 0, 0);
        for (; at < list.Length; at++)
        {
            var character = list[at];
            if (quote != '\0')
            {
                if (character == quote) quote = '\0';
            }
            else if (character is '`' or '\'')
            {
                quote = character;
            }
            else if (character == '(')
            {
                var end = ClosingParenthesis(list, at);
                part.Append('(').Append(Sorted(list[(at + 1)..end])).Append(')');
                at = end;
                continue;
            }
            else if (character == ',')
            {
                parts.Add(part.ToString().Trim());
                part.Clear();
                continue;
            }
            else if (depth == 0 && (list.AsSpan(at).StartsWith(" ON ") || list.AsSpan(at).StartsWith(" TO ")))
            {
                break;
            }
            part.Append(character);
        }
        parts.Add(part.ToString().Trim());
        return string.Join(", ", parts.Order(StringComparer.Ordinal)) + list[at..];
    }

    private static int ClosingParenthesis(string text, int open)
    {
        var isQuoted = false;
        for (var at = open + 1; ; at++)
        {
            if (text[at] == '`') isQuoted = !isQuoted;
            else if (text[at] == ')' && !isQuoted) return at;
        }
    }
}
