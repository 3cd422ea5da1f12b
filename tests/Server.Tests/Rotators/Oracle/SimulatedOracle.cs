using Rekey.Rotators;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;
using Rekey.Server.Tests.Rotators.Sql;

namespace Rekey.Server.Tests.Rotators.Oracle;

/// <summary>
/// Oracle's accounts and rights in memory: carries out the statements it is sent, which it parses itself and of which each commits, and
/// answers the queries of the catalogue from the result.
/// </summary>
internal sealed class SimulatedOracle : SimulatedServer
{
    public Dictionary<string, OracleAccount> Users { get; } = [];

    public Dictionary<string, OracleLimits> Profiles { get; } = new() { ["DEFAULT"] = new() };

    /// <summary>The leave to connect: client, proxy, and with what.</summary>
    public Dictionary<(string Client, string Proxy), string> Proxies { get; } = [];

    /// <summary>The name is an instance's: the listener knows no such service.</summary>
    public bool IsInstanceOnly { get; set; }

    /// <summary>Called after each statement.</summary>
    public Action After { get; set; } = () => { };

    public static OdbcException Failure(int code) => new("HY000", code, "ORA text with 'secrets'");

    protected override SimulatedSession Login(DatabaseCredentials credentials, string password, SqlRoute route)
    {
        if (IsInstanceOnly && !route.IsInstance) throw Failure(12514);
        var name = credentials.Username is ['"', .. var quoted, '"'] ? quoted : credentials.Username.ToUpperInvariant();
        if (!Users.TryGetValue(name, out var user) || !user.Accepts(password)) throw Failure(1017);
        if (user.Lock.Length > 0) throw Failure(28000);
        return new SimulatedSession(this, name);
    }

    public override void Execute(SimulatedSession session, string statement)
    {
        var tokens = new SqlTokens(statement, brackets: false);
        new OracleInterpreter(this, session.Username).Run(tokens);
        tokens.End();
        After();
    }

    public override IReadOnlyList<IReadOnlyList<string?>> Answer(SimulatedSession session, string query)
    {
        if (query.StartsWith("SELECT USER,", StringComparison.Ordinal))
            return [[session.Username, "ORCL", "EXAMPLE", "PDB1", "20240101000000", "PRIMARY", "19.0.0.0.0"]];
        if (query.StartsWith("SELECT SYSDATE", StringComparison.Ordinal)) return [["20-NOV-26"]];
        if (query == "SELECT account_status FROM user_users") return [[Users[session.Username].Status]];
        if (query.Contains("user_password_limits", StringComparison.Ordinal)) return [[Limit(session.Username, query)]];
        var name = Argument(query);
        var user = Users.GetValueOrDefault(name);
        if (query.Contains("dba_profiles", StringComparison.Ordinal)) return user is null ? [] : [[Limit(name, query)]];
        if (query.StartsWith("SELECT account_status", StringComparison.Ordinal)) return user is null ? [] : [[user.Status]];
        if (query.StartsWith("SELECT u.oracle_maintained", StringComparison.Ordinal))
        {
            var isPowerful = user?.Roles.Contains("DBA") == true ? "1" : "0";
            return user is null ? [] : [["N", "NO", isPowerful, "0"]];
        }
        if (query.StartsWith("SELECT default_tablespace", StringComparison.Ordinal))
            return user is null ? [] : [[user.Tablespace, user.TemporaryTablespace, user.Profile, "PASSWORD"]];
        return Rights(name, user!, query);
    }

    private List<IReadOnlyList<string?>> Rights(string name, OracleAccount user, string query)
    {
        var plain = user.Rights.Where(right => right.Option.Length == 0).ToList();
        string Has((string Privilege, string? On, string? Column, string Option) right, string option) =>
            user.Rights.Contains(right with { Option = option }) ? "YES" : "NO";
        if (query.Contains("FROM dba_objects", StringComparison.Ordinal)) return [[user.OwnedObjects.ToString()]];
        if (query.Contains("FROM dba_ts_quotas", StringComparison.Ordinal))
            return Rows(user.Quotas.Select(q => new[] { q.Key, $"{q.Value}" }));
        if (query.Contains("FROM dba_sys_privs", StringComparison.Ordinal))
        {
            return Rows(plain.Where(right => right.On is null && right.Privilege[0] != '"')
                .Select(right => new[] { right.Privilege, Has(right, "ADMIN") }));
        }
        if (query.Contains("FROM dba_role_privs", StringComparison.Ordinal))
        {
            return Rows(plain.Where(right => right.On is null && right.Privilege[0] == '"').Select(right => new[]
            {
                right.Privilege[1..^1], Has(right, "ADMIN"), Has(right, "DELEGATE"), user.IsDefault(right.Privilege[1..^1]) ? "YES" : "NO",
            }));
        }
        if (query.Contains("FROM dba_tab_privs", StringComparison.Ordinal))
        {
            return Rows(plain.Where(right => right.On is not null && right.Column is null).Select(right =>
            {
                var (kind, owner, table) = Split(right.On!);
                return new[] { right.Privilege, owner, table, kind, Has(right, "GRANT"), Has(right, "HIERARCHY") };
            }));
        }
        if (query.Contains("FROM dba_col_privs", StringComparison.Ordinal))
        {
            return Rows(plain.Where(right => right.Column is not null).Select(right =>
            {
                var (_, owner, table) = Split(right.On!);
                return new[] { right.Privilege, owner, table, right.Column!, Has(right, "GRANT") };
            }));
        }
        if (query.Contains("FROM dba_proxies", StringComparison.Ordinal)) return ProxyRows(name);
        if (query.Contains("FROM dba_synonyms", StringComparison.Ordinal))
        {
            return Rows(user.Synonyms.Select(synonym =>
            {
                var (_, owner, table) = Split(synonym.Value);
                return new[] { synonym.Key, owner, table, null! };
            }));
        }
        throw new InvalidOperationException($"A query that the simulation does not know: {query}");
    }

    private List<IReadOnlyList<string?>> ProxyRows(string name)
    {
        var rows = new List<IReadOnlyList<string?>>();
        foreach (var ((client, proxy), clause) in Proxies.Where(entry => entry.Key.Client == name || entry.Key.Proxy == name))
        {
            var tokens = new SqlTokens(clause, brackets: false);
            var constraint = tokens.TryWords("WITH NO ROLES") ? "NO CLIENT ROLES MAY BE ACTIVATED" : "PROXY MAY ACTIVATE ROLE";
            var roles = new List<string?>();
            if (tokens.TryWords("WITH ROLE"))
            {
                if (tokens.TryWords("ALL EXCEPT")) constraint = "PROXY MAY NOT ACTIVATE ROLE";
                do roles.Add(tokens.Name());
                while (tokens.TryWords(","));
            }
            var authentication = tokens.TryWords("AUTHENTICATION REQUIRED") ? "YES" : "NO";
            if (roles.Count == 0) roles.Add(null);
            rows.AddRange(roles.Select(role => new[] { proxy, client, authentication, constraint, role }));
        }
        return rows;
    }

    private string Limit(string name, string query)
    {
        var limits = Profiles[Users[name].Profile];
        return query.Contains("PASSWORD_ROLLOVER_TIME", StringComparison.Ordinal) ? limits.Rollover : limits.Verify;
    }

    private static List<IReadOnlyList<string?>> Rows(IEnumerable<string[]> rows) => [.. rows];

    /// <summary>Kind, owner and name of a quoted object.</summary>
    private static (string Kind, string Owner, string Name) Split(string on)
    {
        var tokens = new SqlTokens(on, brackets: false);
        var kind = tokens.WordsUntil();
        var owner = tokens.Name();
        return tokens.TryWords(".") ? (kind.Length == 0 ? "TABLE" : kind, owner, tokens.Name()) : (kind, "SYS", owner);
    }

    private static string Argument(string query)
    {
        foreach (var marker in (ReadOnlySpan<string>)["u.username = '", "username = '", "grantee = '", "owner = '", "proxy = '"])
        {
            var place = query.LastIndexOf(marker, StringComparison.Ordinal);
            if (place < 0) continue;
            return Text(query[(place + marker.Length - 1)..]);
        }
        throw new InvalidOperationException($"A query that the simulation does not know: {query}");

        static string Text(string rest)
        {
            var text = new System.Text.StringBuilder();
            for (var i = 1; i < rest.Length; i++)
            {
                if (rest[i] == '\'' && (i + 1 == rest.Length || rest[++i] != '\'')) break;
                text.Append(rest[i]);
            }
            return text.ToString();
        }
    }
}
