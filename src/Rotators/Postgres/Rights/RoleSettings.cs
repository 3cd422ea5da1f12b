using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>What sessions of a role begin with: ALTER ROLE ... SET, for all databases and for single ones.</summary>
internal sealed class RoleSettings
{
    private const string SearchPath = "search_path";

    /// <summary>Those whose value is a list of names, each quoted where it needs to be. Source: the server's GUC_LIST_QUOTE.</summary>
    private static readonly HashSet<string> Lists = new(StringComparer.OrdinalIgnoreCase)
    {
        SearchPath, "temp_tablespaces", "local_preload_libraries", "session_preload_libraries", "shared_preload_libraries",
        "unix_socket_directories",
    };

    private const string Query =
        """
        SELECT coalesce(r.rolname, '')::text, coalesce(d.datname, '')::text,
               pg_catalog.split_part(item, '=', 1), pg_catalog.substr(item, pg_catalog.strpos(item, '=') + 1)
        FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) item
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
        WHERE s.setrole = 0 OR r.rolname::text IN ($1, $2)
        """;

    /// <summary>What sessions get for which nothing is set by role or database, as far as this session can tell.</summary>
    private const string ServersPath =
        """
        SELECT CASE WHEN EXISTS (
            SELECT FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) item
            LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
            WHERE item LIKE 'search\_path=%' AND coalesce(r.rolname, session_user) = session_user
              AND coalesce(d.datname, pg_catalog.current_database()) = pg_catalog.current_database())
        THEN boot_val ELSE reset_val END
        FROM pg_catalog.pg_settings WHERE name = 'search_path'
        """;

    private readonly Dictionary<(string Role, string Database, string Name), string> _values = [];
    private readonly string _serversPath;

    private RoleSettings(string serversPath) => _serversPath = serversPath;

    public static async Task<RoleSettings> ReadAsync(
        PostgresConnection connection, string baseName, string clone, CancellationToken cancellationToken)
    {
        var path = await connection.QueryRowAsync(ServersPath, row => row.GetString(0), cancellationToken);
        var settings = new RoleSettings(path);
        var rows = await connection.QueryAsync(
            Query, [baseName, clone],
            row => ((row.GetString(0), row.GetString(1), row.GetString(2)), row.GetString(3)), cancellationToken);
        foreach (var (key, value) in rows) settings._values[key] = value;
        return settings;
    }

    public bool Has(string role, string name, string value) => _values.GetValueOrDefault((role, "", name)) == value;

    /// <param name="rules">Who is to be equal to whom.</param>
    /// <param name="userSchemas">Databases with a schema that bears the name of the base or of the clone.</param>
    public IEnumerable<PostgresChange> Compare(CloneRules rules, IReadOnlyCollection<string> userSchemas)
    {
        var wanted = Wanted(rules, userSchemas);
        if (rules.OwnerRole is { } owner)
        {
            // The base's own sessions change with the owner role, too: "$user" would be another schema for them.
            foreach (var database in userSchemas)
                if (!rules.IsSetUp && PathWithoutUser(rules.Base, database) is { } path)
                    foreach (var change in Lacking(rules.Base, (database, SearchPath), path)) yield return change;
            foreach (var change in Lacking(rules.Twin, ("", "role"), owner)) yield return change;
            foreach (var change in Lacking(rules.Base, ("", "role"), owner)) yield return change;
            wanted.Remove(("", "role"));
        }
        foreach (var (key, value) in wanted)
            foreach (var change in Lacking(rules.Twin, key, value)) yield return change;
        foreach (var ((role, database, name), _) in _values)
        {
            if (role != rules.Twin || wanted.ContainsKey((database, name))) continue;
            if (rules.OwnerRole is not null && (database, name) == ("", "role")) continue;
            yield return PostgresChange.Of(
                RightsChangeKind.Remove, $"setting {Shown(database, name)}", database: null,
                $"ALTER ROLE {SqlText.Name(role)}{In(database)} RESET {SqlText.Name(name)}");
        }
    }

    private Dictionary<(string Database, string Name), string> Wanted(CloneRules rules, IReadOnlyCollection<string> userSchemas)
    {
        var wanted = new Dictionary<(string Database, string Name), string>();
        foreach (var ((role, database, name), value) in _values)
            if (role == rules.Base) wanted[(database, name)] = value;
        foreach (var database in userSchemas)
            if (PathWithoutUser(rules.Base, database) is { } path) wanted[(database, SearchPath)] = path;
        return wanted;
    }

    /// <summary>
    /// The base's search path in a database with "$user" written out, which for the clone stands for another schema; null when it is not
    /// in it.
    /// </summary>
    private string? PathWithoutUser(string baseName, string database)
    {
        var path = _values.GetValueOrDefault((baseName, database, SearchPath))
            ?? _values.GetValueOrDefault((baseName, "", SearchPath))
            ?? _values.GetValueOrDefault(("", database, SearchPath))
            ?? _values.GetValueOrDefault(("", "", SearchPath))
            ?? _serversPath;
        if (SqlText.SplitNames(path) is not { } names || !names.Contains("$user")) return null;
        return string.Join(", ", names.Select(name => SqlText.Name(name == "$user" ? baseName : name)));
    }

    private IEnumerable<PostgresChange> Lacking(string role, (string Database, string Name) key, string value)
    {
        if (_values.TryGetValue((role, key.Database, key.Name), out var present) && IsSame(key.Name, present, value)) yield break;
        var start = $"ALTER ROLE {SqlText.Name(role)}{In(key.Database)} SET {SqlText.Name(key.Name)} TO ";
        var right = $"setting {Shown(key.Database, key.Name)} of {role}";
        var sent = start + Value(key.Name, value);
        // Settings of applications' own may be anything, and are known to hold keys.
        yield return key.Name.Contains('.')
            ? PostgresChange.Confidential(RightsChangeKind.Add, right, database: null, new SensitiveStatement(sent, $"{start}'***'"))
            : PostgresChange.Of(RightsChangeKind.Add, right, database: null, sent);
    }

    /// <summary>So that the catalogue keeps what it keeps for the base.</summary>
    private static string Value(string name, string value)
    {
        if (!Lists.Contains(name) || SqlText.SplitNames(value) is not { } elements) return SqlText.Literal(value);
        return elements.Count == 0 ? "''" : string.Join(", ", elements.Select(SqlText.Literal));
    }

    /// <summary>In lists the quotes of a name that needs none mean nothing.</summary>
    private static bool IsSame(string name, string one, string other) =>
        one == other || (Lists.Contains(name) && SqlText.SplitNames(one) is { } elements && SqlText.SplitNames(other) is { } others
            && elements.SequenceEqual(others));

    private static string In(string database) => database.Length == 0 ? "" : $" IN DATABASE {SqlText.Name(database)}";

    private static string Shown(string database, string name) => database.Length == 0 ? name : $"{name} in database {database}";
}
