using Rekey.Rotators.MySql;

namespace Rekey.Conformance.Engines.MySql.Rights;

/// <summary>Databases, tables, routines, roles and accounts with names that are meant to break quoting, for random grants.</summary>
internal sealed class GrantWorld
{
    public static readonly string[] Databases =
        ["rk plain", "rk'quote", "rk`tick`", "rk` TO `x", "rk%any", "rk_one", "rk\\back", "rk\u00e9\u4e2d", "rk\"double", "rk;--"];

    public static readonly string[] Tables = ["t", "t'1", "t`2", "t TO u", "t\\3", "t%", "t(a), b", "t\u00e9"];
    public static readonly string[] Columns = ["a", "b`c", "d, e", "f)g", "h'i", "j\\k"];
    public static readonly string[] Routines = ["p", "p`1", "p' TO x"];
    public static readonly string[] Roles = ["rk_role", "rk'role", "rk`role` TO x", "rk\\role"];
    public static readonly string[] Proxied = ["rk_proxied", "rk'prox`ied"];

    private GrantWorld()
    {
    }

    public static async Task<GrantWorld> CreateAsync(MySqlSession session, CancellationToken cancellationToken)
    {
        foreach (var statement in Statements(session.Server)) await session.ExecuteAsync(statement, cancellationToken);
        return new GrantWorld();
    }

    public static string Name(string name) => "`" + name.Replace("`", "``", StringComparison.Ordinal) + "`";

    public static string Text(string text) =>
        "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal) + "'";

    public static string Role(MySqlServer server, string role) => server.IsMariaDb ? Name(role) : $"{Text(role)}@'%'";

    private static IEnumerable<string> Statements(MySqlServer server)
    {
        var columns = string.Join(", ", Columns.Select(column => $"{Name(column)} INT"));
        foreach (var database in Databases.Select(Name))
        {
            yield return $"CREATE DATABASE IF NOT EXISTS {database}";
            foreach (var table in Tables.Select(Name)) yield return $"CREATE TABLE IF NOT EXISTS {database}.{table} ({columns})";
        }
        foreach (var database in Databases.Take(3).Select(Name))
        {
            foreach (var routine in Routines.Select(Name))
            {
                yield return $"DROP PROCEDURE IF EXISTS {database}.{routine}";
                yield return $"CREATE PROCEDURE {database}.{routine}() SELECT 1";
                yield return $"DROP FUNCTION IF EXISTS {database}.{routine}";
                yield return $"CREATE FUNCTION {database}.{routine}() RETURNS INT DETERMINISTIC RETURN 1";
            }
        }
        if (server.HasRoles)
        {
            foreach (var role in Roles)
            {
                yield return $"DROP ROLE IF EXISTS {Role(server, role)}";
                yield return $"CREATE ROLE {Role(server, role)}";
            }
        }
        // Only an account with such a row may grant PROXY, and it cannot be granted in a server's initial file.
        foreach (var host in (string[])["%", "localhost"])
        {
            foreach (var proxied in (string[])["", "%"])
            {
                yield return "REPLACE INTO mysql.proxies_priv (Host, User, Proxied_host, Proxied_user, With_grant, Grantor) "
                    + $"VALUES ('{host}', '{PrivateServer.Admin}', '{proxied}', '', 1, '')";
            }
        }
        yield return "FLUSH PRIVILEGES";
        foreach (var account in Proxied.Select(name => Text(name) + "@'%'"))
        {
            if (!server.LacksAlterUser) yield return $"DROP USER IF EXISTS {account}";
            yield return $"CREATE USER {account}";
        }
    }
}
