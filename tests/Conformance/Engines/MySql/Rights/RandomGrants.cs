using System.Globalization;
using Rekey.Rotators.MySql;

namespace Rekey.Conformance.Engines.MySql.Rights;

/// <summary>Random statements that change an account's rights. The same seed gives the same statements.</summary>
internal sealed class RandomGrants(int seed, MySqlServer server)
{
    private static readonly string[] DatabasePrivileges =
    [
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "CREATE TEMPORARY TABLES", "LOCK TABLES",
        "EXECUTE", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT", "TRIGGER", "GRANT OPTION",
    ];

    private static readonly string[] TablePrivileges =
    [
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "CREATE VIEW", "SHOW VIEW", "TRIGGER",
        "GRANT OPTION",
    ];

    private static readonly string[] ColumnPrivileges = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];
    private static readonly string[] RoutinePrivileges = ["EXECUTE", "ALTER ROUTINE", "GRANT OPTION"];
    private static readonly string[] GlobalPrivileges = ["SELECT", "INSERT", "UPDATE", "PROCESS", "SHOW DATABASES", "RELOAD"];
    private static readonly string[] MariaDbGlobal = ["DELETE HISTORY", "SLAVE MONITOR", "CONNECTION ADMIN", "BINLOG MONITOR"];
    private static readonly string[] Dynamic = ["BACKUP_ADMIN", "XA_RECOVER_ADMIN", "CONNECTION_ADMIN", "SHOW_ROUTINE", "FLUSH_STATUS"];

    private readonly Random _random = new(seed);
    private readonly HashSet<string> _granted = [];

    /// <param name="account">Quoted.</param>
    /// <param name="count">How many statements, about.</param>
    public IEnumerable<string> Grants(string account, int count)
    {
        for (var i = 0; i < count; i++)
            foreach (var statement in Grant(account)) yield return statement;
    }

    public int Next(int max) => _random.Next(max);

    public T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    private IEnumerable<string> Grant(string account)
    {
        switch (_random.Next(server.LacksAlterUser ? 9 : server.IsMariaDb ? 12 : 14))
        {
            case 0 or 1:
                yield return $"GRANT {Some(DatabasePrivileges)} ON {Database()}.* TO {account}{Option()}";
                break;
            case 2 or 3:
                yield return $"GRANT {Some(TablePrivileges)} ON {Table()} TO {account}{Option()}";
                break;
            case 4 or 5:
                yield return $"GRANT {OnColumns()} ON {Table()} TO {account}{Option()}";
                break;
            case 6:
                yield return $"GRANT {Some(RoutinePrivileges)} ON {Routine()} TO {account}{Option()}";
                break;
            case 7:
                var global = server is { IsMariaDb: true } ? GlobalPrivileges.Concat(MariaDbGlobal).ToArray() : GlobalPrivileges;
                yield return $"GRANT {Some(global)} ON *.* TO {account}";
                break;
            case 8:
                yield return server.LacksAlterUser ? $"GRANT USAGE ON *.* TO {account} {Limits()}" : $"ALTER USER {account} {Limits()}";
                break;
            case 9:
                foreach (var statement in RoleGrant(account)) yield return statement;
                break;
            case 10:
                yield return $"GRANT PROXY ON {GrantWorld.Text(Pick(GrantWorld.Proxied))}@'%' TO {account}{Option()}";
                break;
            case 11:
                yield return $"ALTER USER {account} {Password()}";
                break;
            case 12:
                yield return $"GRANT {Some(Dynamic)} ON *.* TO {account}{Option()}";
                break;
            default:
                yield return $"ALTER USER {account} {Attribute()}";
                break;
        }
    }

    /// <summary>Takes something away, of what may be there or not.</summary>
    public IEnumerable<string> Revokes(string account, IReadOnlyList<string> grants)
    {
        foreach (var grant in grants)
        {
            if (_random.Next(3) != 0 || !grant.StartsWith("GRANT ", StringComparison.Ordinal)) continue;
            if (grant.Contains("USAGE ON *.*", StringComparison.Ordinal)) continue;
            var tail = $" TO {account}";
            var end = grant.LastIndexOf(tail, StringComparison.Ordinal);
            yield return $"REVOKE {grant["GRANT ".Length..end]} FROM {account}";
        }
    }

    private IEnumerable<string> RoleGrant(string account)
    {
        var role = GrantWorld.Role(server, Pick(GrantWorld.Roles));
        // Granted again without the option, MySQL shows it gone, keeps it in its table and has it back after a restart.
        if (!_granted.Add(account + role)) yield break;
        yield return $"GRANT {role} TO {account}{(_random.Next(2) == 0 ? " WITH ADMIN OPTION" : "")}";
        if (_random.Next(2) == 0) yield return $"SET DEFAULT ROLE {role} {(server.IsMariaDb ? "FOR" : "TO")} {account}";
    }

    private string Some(string[] privileges) =>
        string.Join(", ", privileges.OrderBy(_ => _random.Next()).Take(1 + _random.Next(Math.Min(4, privileges.Length))));

    private string OnColumns() => string.Join(", ", ColumnPrivileges.OrderBy(_ => _random.Next()).Take(1 + _random.Next(3))
        .Select(privilege => $"{privilege} ({string.Join(", ", SomeColumns())})"));

    private List<string> SomeColumns() =>
        [.. GrantWorld.Columns.OrderBy(_ => _random.Next()).Take(1 + _random.Next(3)).Select(GrantWorld.Name)];

    private string Database() => GrantWorld.Name(Pick(GrantWorld.Databases));

    private string Table() => $"{Database()}.{GrantWorld.Name(Pick(GrantWorld.Tables))}";

    private string Routine() =>
        $"{Pick(["FUNCTION", "PROCEDURE"])} {GrantWorld.Name(Pick(GrantWorld.Databases.Take(3).ToArray()))}."
            + GrantWorld.Name(Pick(GrantWorld.Routines));

    private string Option() => _random.Next(3) == 0 ? " WITH GRANT OPTION" : "";

    private string Limits()
    {
        var number = _random.Next(100).ToString(CultureInfo.InvariantCulture);
        return _random.Next(server is { IsMariaDb: true } ? 9 : 8) switch
        {
            0 => $"WITH MAX_QUERIES_PER_HOUR {number}",
            1 => $"WITH MAX_UPDATES_PER_HOUR {number}",
            2 => $"WITH MAX_CONNECTIONS_PER_HOUR {number}",
            3 => $"WITH MAX_USER_CONNECTIONS {number}",
            4 => "REQUIRE SSL",
            5 => "REQUIRE X509",
            6 => @"REQUIRE SUBJECT '/CN=a\'b\\c' AND ISSUER '/CN=x AND y'",
            7 => "REQUIRE NONE",
            _ => $"WITH MAX_STATEMENT_TIME {number}.5",
        };
    }

    private string Password()
    {
        var number = (1 + _random.Next(300)).ToString(CultureInfo.InvariantCulture);
        return _random.Next(server is { IsMariaDb: true } ? 3 : 9) switch
        {
            0 => $"PASSWORD EXPIRE INTERVAL {number} DAY",
            1 => "PASSWORD EXPIRE NEVER",
            2 => "PASSWORD EXPIRE DEFAULT",
            3 => $"PASSWORD HISTORY {number}",
            4 => $"PASSWORD REUSE INTERVAL {number} DAY",
            5 => "PASSWORD REQUIRE CURRENT",
            6 => "PASSWORD REQUIRE CURRENT OPTIONAL",
            7 => $"FAILED_LOGIN_ATTEMPTS {number} PASSWORD_LOCK_TIME UNBOUNDED",
            _ => $"FAILED_LOGIN_ATTEMPTS {number} PASSWORD_LOCK_TIME {number}",
        };
    }

    private string Attribute() => _random.Next(4) switch
    {
        0 => @"COMMENT 'it\'s a ""comment"" \\\\ with `ticks`'",
        1 => $@"ATTRIBUTE '{{""k{_random.Next(3)}"": ""v{_random.Next(3)}""}}'",
        2 => $@"ATTRIBUTE '{{""k{_random.Next(3)}"": {{""n{_random.Next(3)}"": [1, {_random.Next(9)}]}}}}'",
        _ => $@"ATTRIBUTE '{{""k{_random.Next(3)}"": null}}'",
    };
}
