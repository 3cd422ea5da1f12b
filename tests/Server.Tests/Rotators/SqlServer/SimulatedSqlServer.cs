using Rekey.Rotators;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;
using Rekey.Server.Tests.Rotators.Sql;

namespace Rekey.Server.Tests.Rotators.SqlServer;

/// <summary>
/// SQL Server's accounts and permissions in memory: carries out the statements it is sent, which it parses itself, within transactions,
/// and answers the queries of the catalogue from the result.
/// </summary>
internal sealed class SimulatedSqlServer : SimulatedServer
{
    private const string Guid = "6F9619FF-8B86-D011-B42D-00C04FC964FF";

    public SqlServerState State { get; set; } = new();

    public string Name { get; set; } = "SQL01";

    /// <summary>Statements that the server keeps out of transactions.</summary>
    public Func<string, bool> NotInTransaction { get; set; } = _ => false;

    protected override SimulatedSession Login(DatabaseCredentials credentials, string password, SqlRoute route)
    {
        var database = route.Database ?? credentials.DatabaseName!;
        if (State.Logins.TryGetValue(credentials.Username, out var login))
        {
            if (login.Password != password) throw Failure("28000", 18456);
            if (login.IsDisabled) throw Failure("28000", 18470);
            if (login.IsLocked) throw Failure("28000", 18486);
            if (!State.Databases.ContainsKey(database)) throw new OdbcException("28000", 18456, "") { Codes = [18456, 4060] };
        }
        else if (State.Databases[database].Users.GetValueOrDefault(credentials.Username) is not { Password: { } own } user
            || own != password || !user.MayConnect)
        {
            throw Failure("28000", 18456);
        }
        return new SimulatedSession(this, credentials.Username) { Database = database };
    }

    public override void End(SimulatedSession session)
    {
        if (session.Savepoint is SqlServerState saved) State = saved;
    }

    public override void Execute(SimulatedSession session, string statement)
    {
        var tokens = new SqlTokens(statement, brackets: true);
        if (tokens.TryWords("SET XACT_ABORT ON")) return;
        if (tokens.TryWords("BEGIN TRANSACTION"))
        {
            session.Savepoint = State.Copy();
            return;
        }
        if (tokens.TryWords("COMMIT TRANSACTION"))
        {
            session.Savepoint = null;
            return;
        }
        if (tokens.TryWords("IF @@TRANCOUNT"))
        {
            if (session.Savepoint is SqlServerState saved) State = saved;
            session.Savepoint = null;
            return;
        }
        if (session.Savepoint is not null && NotInTransaction(statement)) throw Failure("42000", 226);
        if (tokens.TryWords("USE"))
        {
            session.Database = tokens.Name();
            if (!State.Databases.ContainsKey(session.Database)) throw Failure("42000", 911);
            while (tokens.TryWords(";")) continue;
            if (tokens.AtEnd) return;
        }
        try
        {
            new SqlServerInterpreter(State, session).Run(tokens);
        }
        catch (Exception e) when (e is FormatException or KeyNotFoundException)
        {
            throw new InvalidOperationException($"{e.Message}: {statement}", e);
        }
        tokens.End();
    }

    public override IReadOnlyList<IReadOnlyList<string?>> Answer(SimulatedSession session, string query)
    {
        if (query.StartsWith("SELECT CONVERT(nvarchar(256), SERVERPROPERTY", StringComparison.Ordinal))
        {
            var isLogin = State.Logins.ContainsKey(session.Username);
            return [[Name, session.Database, Guid, Guid, "0", isLogin ? "1" : "5", "1"]];
        }
        if (query.StartsWith("SELECT name FROM sys.databases", StringComparison.Ordinal))
            return [.. State.Databases.Keys.Order(StringComparer.Ordinal).Select(name => (IReadOnlyList<string?>)[name])];
        if (query.Contains("WHERE sid = 0x", StringComparison.Ordinal))
        {
            var sid = query[(query.LastIndexOf(' ') + 1)..];
            return [.. State.Databases[session.Database].Users.Where(user => user.Value.Sid == sid)
                .Select(user => (IReadOnlyList<string?>)[user.Key, user.Value.Schema])];
        }
        if (query == "SELECT @@VERSION") return [["Microsoft SQL Server 2022"]];
        var name = Argument(query);
        return query switch
        {
            _ when query.StartsWith("SELECT p.principal_id, IS_SRV", StringComparison.Ordinal) => State.Logins.TryGetValue(name, out var l)
                ? [["267", l.Roles.Contains("sysadmin") ? "1" : "0", l.Roles.Contains("securityadmin") ? "1" : "0", "0"]] : [],
            _ when query.StartsWith("SELECT p.type,", StringComparison.Ordinal) => State.Logins.TryGetValue(name, out var l)
                ? [["S ", l.Sid, l.Database, l.Language, l.IsPolicyChecked ? "1" : "0", l.IsExpirationChecked ? "1" : "0"]] : [],
            _ when query.StartsWith("SELECT 1 FROM", StringComparison.Ordinal) =>
                User(session, name) is { Password: not null } ? [["1"]] : [],
            _ when query.StartsWith("SELECT default_schema_name", StringComparison.Ordinal) =>
                [[User(session, name)!.Schema, User(session, name)!.Language]],
            _ when query.StartsWith("SELECT is_policy", StringComparison.Ordinal) => [[State.Logins[name].IsPolicyChecked ? "1" : "0"]],
            _ when query.Contains("sys.server_role_members", StringComparison.Ordinal) => Rows(State.Logins[name].Roles),
            _ when query.Contains("sys.server_principal_credentials", StringComparison.Ordinal) => Rows(State.Logins[name].Credentials),
            _ when query.Contains("FROM sys.server_permissions AS p", StringComparison.Ordinal) => Rows(State.Logins[name].Permissions),
            _ when query.Contains("sys.database_role_members", StringComparison.Ordinal) => Rows(User(session, name)!.Roles),
            _ when query.Contains("FROM sys.database_permissions AS p", StringComparison.Ordinal) =>
                Rows(User(session, name)!.Permissions),
            _ when query.Contains("FROM sys.schemas AS s JOIN", StringComparison.Ordinal) => Rows(User(session, name)!.OwnedSchemas),
            _ => throw new InvalidOperationException($"A query that the simulation does not know: {query}"),
        };
    }

    private SqlServerUser? User(SimulatedSession session, string name) =>
        State.Databases[session.Database].Users.GetValueOrDefault(name);

    private static List<IReadOnlyList<string?>> Rows(IEnumerable<string> names) =>
        [.. names.Select(name => (IReadOnlyList<string?>)[name])];

    private static List<IReadOnlyList<string?>> Rows(Dictionary<SqlServerSubject, char> permissions) =>
    [
        .. permissions.Select(entry => (IReadOnlyList<string?>)
        [
            SqlServerSubject.ClassOf(entry.Key.Kind), entry.Key.Permission, entry.Value.ToString(), null, entry.Key.Schema, entry.Key.Name,
            entry.Key.Column, entry.Key.Kind is "ROLE" or "SERVER ROLE" ? "R" : "S",
        ]),
    ];

    /// <summary>The name that a query asks for, which is its last text.</summary>
    private static string Argument(string query)
    {
        foreach (var marker in (ReadOnlySpan<string>)["p.name = N'", "u.name =N'", "u.name = N'", "name = N'"])
        {
            var place = query.LastIndexOf(marker, StringComparison.Ordinal);
            if (place >= 0) return new SqlTokens(query[(place + marker.Length - 2)..], brackets: true).Text();
        }
        throw new InvalidOperationException($"A query that the simulation does not know: {query}");
    }

    public static OdbcException Failure(string sqlState, int code) => new(sqlState, code, "server text with 'secrets'");
}
