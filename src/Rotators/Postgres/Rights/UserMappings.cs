using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>
/// As whom roles log in at foreign servers. A mapping holds for one role by name, not for its members, and its options hold passwords.
/// </summary>
internal sealed class UserMappings
{
    private const string Query =
        """
        SELECT m.usename::text, m.srvname::text, coalesce(m.umoptions, '{}'),
               m.umoptions IS NOT NULL OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user)
        FROM pg_catalog.pg_user_mappings m WHERE m.usename::text IN ($1, $2, $3)
        """;

    private readonly Dictionary<(string Role, string Server), Mapping> _mappings = [];

    public static async Task<UserMappings> ReadAsync(PostgresConnection connection, CloneRules rules, CancellationToken cancellationToken)
    {
        var mappings = new UserMappings();
        var rows = await connection.QueryAsync(
            Query, rules.Roles,
            row => ((row.GetString(0), row.GetString(1)), new Mapping(row.GetFieldValue<string[]>(2), row.GetBoolean(3))),
            cancellationToken);
        foreach (var (key, mapping) in rows) mappings._mappings[key] = mapping;
        return mappings;
    }

    public IEnumerable<PostgresChange> Compare(CloneRules rules, string? database)
    {
        foreach (var ((role, server), mapping) in _mappings)
        {
            if (role == rules.Base)
            {
                if (Give(rules.Twin, server, mapping, database) is { } change) yield return change;
                if (rules is { OwnerRole: { } owner, IsSetUp: false } && Give(owner, server, mapping, database) is { } too)
                    yield return too;
            }
            else if (role == rules.Twin && !_mappings.ContainsKey((rules.Base, server)))
            {
                yield return PostgresChange.Of(
                    RightsChangeKind.Remove, $"user mapping of {role} for server {server}", database, Drop(role, server));
            }
        }
    }

    private PostgresChange? Give(string role, string server, Mapping wanted, string? database)
    {
        var right = $"user mapping of {role} for server {server}";
        var present = _mappings.GetValueOrDefault((role, server));
        if (!wanted.IsVisible || present is { IsVisible: false })
        {
            return present is not null ? null : PostgresChange.Manual(
                RightsChangeKind.Add, right, database, "the superuser secret's role may not see the base's options: CREATE USER MAPPING");
        }
        if (present is not null && present.Options.ToHashSet(StringComparer.Ordinal).SetEquals(wanted.Options)) return null;
        var start = $"CREATE USER MAPPING FOR {SqlText.Name(role)} SERVER {SqlText.Name(server)}";
        var options = wanted.Options.Select(option => option.Split('=', 2)).ToList();
        var sent = options.Count == 0 ? start
            : $"{start} OPTIONS ({string.Join(", ", options.Select(option => $"{SqlText.Name(option[0])} {SqlText.Literal(option[1])}"))})";
        var shown = options.Count == 0 ? start
            : $"{start} OPTIONS ({string.Join(", ", options.Select(option => $"{SqlText.Name(option[0])} '***'"))})";
        List<SensitiveStatement> statements = [new(sent, shown)];
        if (present is not null) statements.Insert(0, new(Drop(role, server), Drop(role, server)));
        return PostgresChange.Confidential(RightsChangeKind.Add, right, database, statements);
    }

    private static string Drop(string role, string server) => $"DROP USER MAPPING FOR {SqlText.Name(role)} SERVER {SqlText.Name(server)}";

    /// <summary>Not a record: it must not print its members.</summary>
    private sealed class Mapping(string[] options, bool isVisible)
    {
        public string[] Options => options;

        public bool IsVisible => isVisible;
    }
}
