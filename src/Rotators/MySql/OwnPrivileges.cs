namespace Rekey.Rotators.MySql;

/// <summary>What the session's own account may do everywhere, roles that are active included.</summary>
internal static class OwnPrivileges
{
    /// <summary>Whether it holds one of the global privileges. Reads the server's text; nothing of it is sent back.</summary>
    public static async Task<bool> HasAnyAsync(MySqlSession session, string[] privileges, CancellationToken cancellationToken)
    {
        foreach (var row in await session.QueryRowsAsync("SHOW GRANTS", cancellationToken))
        {
            var text = row[0] ?? "";
            var end = text.IndexOf(" ON *.* TO ", StringComparison.Ordinal);
            if (end < 0 || !text.StartsWith("GRANT ", StringComparison.Ordinal)) continue;
            var held = text["GRANT ".Length..end].Split(", ");
            if (held.Contains("ALL PRIVILEGES") || privileges.Any(held.Contains)) return true;
        }
        return false;
    }
}
