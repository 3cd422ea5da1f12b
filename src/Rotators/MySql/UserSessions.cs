using System.Globalization;

namespace Rekey.Rotators.MySql;

/// <summary>
/// The sessions of a user, whichever of its accounts let them in. The list names whom a session logged in as: a proxy user, not the
/// account whose rights it has.
/// </summary>
internal static class UserSessions
{
    private const string List = "SELECT ID, USER FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = ";

    /// <summary>
    /// Ends them. <see cref="FailureCause.Privilege"/> when the superuser may not see or not end the sessions of others.
    /// </summary>
    /// <returns>How many were told to end.</returns>
    public static async Task<int> EndAsync(MySqlSession session, string username, CancellationToken cancellationToken)
    {
        // Without it the list holds the session's own user only, and there would seem to be nothing to end.
        if (!await OwnPrivileges.HasAnyAsync(session, ["PROCESS"], cancellationToken))
            throw new RotatorException(FailureCause.Privilege, "The superuser needs PROCESS to find the sessions that are to be ended");
        var ended = 0;
        foreach (var row in await session.QueryRowsAsync(List + MySqlText.Literal(username), cancellationToken))
        {
            // The list's collation takes "App" for "app".
            if (row[1] != username || !ulong.TryParse(row[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            var statement = new Odbc.SensitiveText().Append(string.Create(CultureInfo.InvariantCulture, $"KILL {id}"));
            if (await session.TryExecuteAsync(statement, [MySqlErrors.NoSuchSession], cancellationToken) is null) ended++;
        }
        return ended;
    }
}
