using Rekey.Rotators;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;
using Rekey.Server.Tests.Rotators.Sql;

namespace Rekey.Server.Tests.Rotators.Db2;

/// <summary>A user of a simulated Db2 server.</summary>
internal sealed class Db2User
{
    public string Password { get; set; } = "";
    public HashSet<(string Privilege, string On, string? Column, bool Option)> Rights { get; } = [];
    public SortedSet<string> Groups { get; } = new(StringComparer.Ordinal);

    public string Description => string.Join(',', Rights.Select(right => right.ToString()).Order(StringComparer.Ordinal))
        + "|" + string.Join(',', Groups);
}

/// <summary>
/// Db2's rights in memory, and where it is RDS's its procedures, whose tasks take effect only after a few looks. Statements are parsed
/// here, and the queries of the catalogue answered from the result.
/// </summary>
internal sealed class SimulatedDb2 : SimulatedServer
{
    private static readonly Dictionary<string, (string View, string[] Columns)> Views = new()
    {
        ["TABLE"] = ("TABAUTH",
            ["CONTROL", "ALTER", "DELETE", "INDEX", "INSERT", "REFERENCES", "SELECT", "UPDATE"]),
        ["SCHEMA"] = ("SCHEMAAUTH", ["ALTERIN", "CREATEIN", "DROPIN"]),
        ["PACKAGE"] = ("PACKAGEAUTH", ["CONTROL", "BIND", "EXECUTE"]),
        ["TABLESPACE"] = ("TBSPACEAUTH", ["USE"]),
        ["INDEX"] = ("INDEXAUTH", ["CONTROL"]),
        ["SEQUENCE"] = ("SEQUENCEAUTH", ["USAGE", "ALTER"]),
        ["VARIABLE"] = ("VARIABLEAUTH", ["READ", "WRITE"]),
    };

    private readonly List<(int Id, string Kind, Action Effect)> _tasks = [];
    private readonly HashSet<int> _finished = [];
    private int _looks;

    public Dictionary<string, Db2User> Users { get; } = [];

    public bool IsRds { get; set; } = true;

    /// <summary>Looks at a task before it takes effect.</summary>
    public int Delay { get; set; } = 3;

    /// <summary>How the server's tasks end.</summary>
    public string TaskEnd { get; set; } = "SUCCESS";

    public static IEnumerable<(string Kind, string[] Privileges)> Kinds => Views.Select(view => (view.Key, view.Value.Columns));

    public static OdbcException Failure(string state, int code, string text = "") => new(state, code, text);

    protected override SimulatedSession Login(DatabaseCredentials credentials, string password, SqlRoute route)
    {
        if (route.Database == "rdsadmin" && !IsRds) throw Failure("08001", -1013);
        var name = credentials.Username.ToUpperInvariant();
        if (!Users.TryGetValue(name, out var user) || user.Password != password)
            throw Failure("08001", -30082, "Security processing failed with reason \"24\" (\"USERNAME AND/OR PASSWORD INVALID\").");
        if (route.Wanted is { } wanted)
        {
            if (IsRds) throw Failure("08001", -30082, "Security processing failed with reason \"17\" (\"UNSUPPORTED FUNCTION\").");
            Sent.Add($"new password {wanted.RevealText()}");
            user.Password = wanted.RevealText();
        }
        return new SimulatedSession(this, name) { Database = route.Database ?? credentials.DatabaseName! };
    }

    public override void Execute(SimulatedSession session, string statement)
    {
        var tokens = new SqlTokens(statement, brackets: false);
        if (tokens.TryWords("CALL rdsadmin ."))
        {
            if (session.Database != "rdsadmin") throw new InvalidOperationException("Only rdsadmin has the procedures");
            Call(tokens);
        }
        else if (tokens.TryWords("GRANT")) Grant(tokens);
        else
        {
            tokens.Words("REVOKE");
            Revoke(tokens);
        }
        tokens.End();
    }

    private void Call(SqlTokens tokens)
    {
        var procedure = tokens.Next().Value;
        tokens.Words("(");
        var name = tokens.Text().ToUpperInvariant();
        tokens.Words(",");
        var value = tokens.Text();
        if (tokens.TryWords(",")) tokens.Text().ShouldBeEmptyText();
        tokens.Words(")");
        Action effect = procedure switch
        {
            "change_password" => () => Users[name].Password = value,
            "add_user" => () => Users.TryAdd(name, new Db2User { Password = value }),
            "add_groups" => () => Users[name].Groups.Add(value.ToUpperInvariant()),
            "remove_groups" => () => Users[name].Groups.Remove(value.ToUpperInvariant()),
            _ => throw new FormatException("A procedure that the simulation does not know"),
        };
        _looks = 0;
        _tasks.Add((_tasks.Count + 1, procedure.ToUpperInvariant(), effect));
    }

    private void Grant(SqlTokens tokens)
    {
        var (privilege, column, on) = Right(tokens);
        tokens.Words("TO USER");
        var user = Users[tokens.Name()];
        user.Rights.Add((privilege, on, column, false));
        if (tokens.TryWords("WITH GRANT OPTION") || tokens.TryWords("WITH ADMIN OPTION")) user.Rights.Add((privilege, on, column, true));
    }

    private void Revoke(SqlTokens tokens)
    {
        var isAdminOption = tokens.TryWords("ADMIN OPTION FOR");
        var (privilege, column, on) = Right(tokens);
        if (column is not null) throw Failure("42601", -104);
        tokens.Words("FROM USER");
        var user = Users[tokens.Name()];
        if (tokens.TryWords("RESTRICT") != on.StartsWith("ON SPECIFIC", StringComparison.Ordinal)) throw Failure("42601", -104);
        if (isAdminOption) user.Rights.Remove((privilege, on, null, true));
        else if (user.Rights.RemoveWhere(right => right.Privilege == privilege && right.On == on) == 0) throw Failure("42504", -556);
    }

    private static (string Privilege, string? Column, string On) Right(SqlTokens tokens)
    {
        if (tokens.TryWords("ROLE")) return ("ROLE", null, Quote(tokens.Name()));
        var privilege = tokens.WordsUntil("ON", "OF");
        string? column = null;
        if (tokens.TryWords("("))
        {
            column = tokens.Name();
            tokens.Words(")");
        }
        var on = tokens.Next().Value + " " + tokens.WordsUntil("TO", "FROM");
        if (on == "ON DATABASE") return (privilege, column, on);
        on += " " + Quote(tokens.Name());
        if (tokens.TryWords(".")) on += "." + Quote(tokens.Name());
        return (privilege, column, on);
    }

    public override IReadOnlyList<IReadOnlyList<string?>> Answer(SimulatedSession session, string query)
    {
        if (query.StartsWith("SELECT CURRENT SERVER", StringComparison.Ordinal))
            return [["SHOP    ", session.Username, "2024-01-01-00.00.00.000000"]];
        if (query.StartsWith("SELECT CURRENT TIMESTAMP", StringComparison.Ordinal)) return [["now"]];
        if (query == "CALL rdsadmin.list_users()") return [[UserList()]];
        if (query.StartsWith("SELECT COALESCE(MAX(task_id)", StringComparison.Ordinal)) return [[$"{_tasks.Count}"]];
        if (query.StartsWith("SELECT lifecycle", StringComparison.Ordinal)) return Look(query);
        if (query.StartsWith("SELECT colname FROM syscat.columns", StringComparison.Ordinal)) return Columns(query);
        var user = Users.GetValueOrDefault(Argument(query));
        if (query.StartsWith("SELECT COUNT(*) FROM syscat.dbauth", StringComparison.Ordinal))
            return [[user?.Rights.Any(right => right.Privilege is "DBADM") == true ? "1" : "0"]];
        return Rights(user!, query);
    }

    private string UserList() => "header\nUSER\tGROUPS\n----\n"
        + string.Concat(Users.Keys.Select(name => $"{name.ToLowerInvariant()}\tgroup\n")) + "\nn records\nend";

    private IReadOnlyList<IReadOnlyList<string?>> Look(string query)
    {
        var after = int.Parse(query[(query.LastIndexOf(' ') + 1)..]);
        var kind = query.Split('\'')[1];
        var seen = _tasks.Where(task => task.Id > after && task.Kind == kind).ToList();
        if (++_looks > Delay && TaskEnd == "SUCCESS")
            foreach (var task in seen.Where(task => _finished.Add(task.Id))) task.Effect();
        return [.. seen.Select(_ => (IReadOnlyList<string?>)[_looks > Delay ? TaskEnd : "IN_PROGRESS"])];
    }

    private static List<IReadOnlyList<string?>> Columns(string query)
    {
        var view = query[(query.LastIndexOf('\'', query.Length - 2) + 1)..^1];
        if (view == "DBAUTH") return [.. new[] { "BINDADDAUTH", "CONNECTAUTH", "IMPLSCHEMAAUTH" }.Select(column => new[] { column })];
        var found = Views.Values.FirstOrDefault(known => known.View == view).Columns ?? [];
        return [.. found.Select(privilege => new[] { privilege == "REFERENCES" ? "REFAUTH" : privilege + "AUTH" })];
    }

    private static List<IReadOnlyList<string?>> Rights(Db2User user, string query)
    {
        if (query.Contains("auth_list_groups", StringComparison.Ordinal)) return Rows(user.Groups.Select(group => new[] { group }));
        if (query.Contains("FROM syscat.dbauth", StringComparison.Ordinal))
        {
            return Rows([new[] { "BINDADD", "CONNECT", "IMPLICIT_SCHEMA" }
                .Select(privilege => user.Rights.Contains((privilege, "ON DATABASE", null, false)) ? "Y" : "N").ToArray()]);
        }
        var plain = user.Rights.Where(right => !right.Option).ToList();
        if (query.Contains("FROM syscat.colauth", StringComparison.Ordinal))
        {
            return Rows(plain.Where(right => right.Column is not null).Select(right => (string[])
            [
                .. Names(right.On), right.Column!, right.Privilege == "UPDATE" ? "U" : "R",
                user.Rights.Contains(right with { Option = true }) ? "G" : "N",
            ]));
        }
        if (query.Contains("FROM syscat.routineauth", StringComparison.Ordinal))
        {
            return Rows(plain.Where(right => right.On.StartsWith("ON SPECIFIC", StringComparison.Ordinal)).Select(right => (string[])
            [
                .. Names(right.On), right.On.Contains("FUNCTION \"", StringComparison.Ordinal) ? "F" : "P",
                user.Rights.Contains(right with { Option = true }) ? "G" : "Y",
            ]));
        }
        if (query.Contains("FROM syscat.roleauth", StringComparison.Ordinal))
        {
            return Rows(plain.Where(right => right.Privilege == "ROLE").Select(right => new[]
                { Names(right.On)[0], user.Rights.Contains(right with { Option = true }) ? "Y" : "N" }));
        }
        if (query.Contains("passthruauth", StringComparison.Ordinal)) return [];
        var (kind, view) = Views.First(known => query.Contains($"FROM syscat.{known.Value.View} ", StringComparison.Ordinal));
        return Rows(plain.Where(right => right.Column is null && KindOf(right.On) == kind).GroupBy(right => right.On).Select(group =>
            Names(group.Key).Concat(view.Columns.Select(privilege =>
                user.Rights.Contains((privilege, group.Key, null, true)) ? "G"
                : user.Rights.Contains((privilege, group.Key, null, false)) ? "Y" : "N")).ToArray()));
    }

    private static string KindOf(string on) => on.Split(' ') is [_, var kind, ..] && on != "ON DATABASE" ? kind : "";

    private static List<string> Names(string on) =>
        [.. new SqlTokens(on, brackets: false).All.Where(token => token.Kind == SqlTokenKind.Name).Select(token => token.Value)];

    private static List<IReadOnlyList<string?>> Rows(IEnumerable<string[]> rows) => [.. rows];

    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Argument(string query)
    {
        const string Marker = "grantee = '";
        var place = query.IndexOf(Marker, StringComparison.Ordinal);
        if (place < 0) place = query.IndexOf("authid('", StringComparison.Ordinal) - Marker.Length + "authid('".Length;
        var start = place + Marker.Length;
        return query[start..query.IndexOf('\'', start)];
    }
}

internal static class TextExpectation
{
    public static void ShouldBeEmptyText(this string text)
    {
        if (text.Length > 0) throw new FormatException("Expected no group");
    }
}
