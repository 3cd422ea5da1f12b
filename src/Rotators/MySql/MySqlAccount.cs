namespace Rekey.Rotators.MySql;

/// <summary>Whom and where the server took a login for.</summary>
/// <param name="Name">CURRENT_USER(): user@host of the account.</param>
/// <param name="Server">What the server says of itself: MySQL its uuid, MariaDB its host name, port and server id.</param>
/// <param name="Connection">The connection's number on that server.</param>
internal sealed record MySqlAccount(string Name, string Server, string Connection)
{
    /// <summary>Asks the server. Throws <see cref="Odbc.OdbcException"/>.</summary>
    public static async Task<MySqlAccount> ReadAsync(
        Odbc.DriverConnection connection, MySqlServer server, CancellationToken cancellationToken)
    {
        var identity = server.IsMariaDb ? "CONCAT_WS(' ', @@hostname, @@port, @@server_id)" : "@@server_uuid";
        var row = await connection.QueryRowAsync($"SELECT CURRENT_USER(), {identity}, CONNECTION_ID()", cancellationToken);
        return new MySqlAccount(row?[0] ?? "", row?[1] ?? "", row?[2] ?? "");
    }

    /// <summary>The part before the host. A user name may itself hold @; a host may not.</summary>
    public string Username => Name[..Math.Max(0, Name.LastIndexOf('@'))];

    /// <summary>Refuses a login that the server took for another account: an anonymous one, or one behind a proxy user.</summary>
    public void DemandIs(string username)
    {
        if (Username == username) return;
        throw new RotatorException(
            FailureCause.Precondition,
            $"The server took the login of {username} for the account {Name}, whose password is another: "
                + "drop that account or its proxy right");
    }

    /// <summary>
    /// The account's only authentication plugin, from the server's own CREATE USER text, or null when it has several or it cannot be told.
    /// </summary>
    public static string? ParsePlugin(string createUser)
    {
        // Names come first and are quoted with backticks, doubled inside; what follows holds no backtick.
        var rest = createUser.AsSpan(createUser.LastIndexOf('`') + 1);
        if (rest.Contains(" OR ", StringComparison.Ordinal)) return null;
        if (rest.StartsWith(" IDENTIFIED BY PASSWORD ", StringComparison.Ordinal)) return "mysql_native_password";
        foreach (var clause in (ReadOnlySpan<string>)[" IDENTIFIED VIA ", " IDENTIFIED WITH "])
        {
            if (!rest.StartsWith(clause, StringComparison.Ordinal)) continue;
            var name = rest[clause.Length..].TrimStart('\'');
            var end = name.IndexOfAny("' ");
            return (end < 0 ? name : name[..end]).ToString();
        }
        return null;
    }

    /// <summary>Whether the server's own CREATE USER text has more than one password, as MariaDB's alternatives.</summary>
    public static bool HasSeveralPasswords(string createUser)
    {
        const string Via = " IDENTIFIED VIA ";
        var rest = createUser[(createUser.LastIndexOf('`') + 1)..];
        if (!rest.StartsWith(Via, StringComparison.Ordinal)) return false;
        return rest[Via.Length..].Split(" OR ").Count(way => AccountRecord.PasswordPlugins.Any(
            plugin => way.StartsWith($"{plugin} USING '", StringComparison.Ordinal)
                && !way.StartsWith($"{plugin} USING 'invalid'", StringComparison.Ordinal))) > 1;
    }
}
