using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>Row-level security policies that name one of the roles: which rows a session sees depends on them.</summary>
internal sealed class RolePolicies
{
    private const string Query =
        """
        SELECT n.nspname::text, c.relname::text, p.polname::text, r.rolname::text
        FROM pg_catalog.pg_policy p CROSS JOIN LATERAL pg_catalog.unnest(p.polroles) named(role)
        JOIN pg_catalog.pg_class c ON c.oid = p.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_roles r ON r.oid = named.role
        WHERE EXISTS (SELECT FROM pg_catalog.pg_roles one WHERE one.rolname::text IN ($1, $2, $3) AND one.oid = ANY (p.polroles))
        """;

    private readonly Dictionary<(string Schema, string Table, string Name), HashSet<string>> _roles = [];

    public static async Task<RolePolicies> ReadAsync(
        PostgresConnection connection, IReadOnlyList<string> roles, CancellationToken cancellationToken)
    {
        var policies = new RolePolicies();
        var rows = await connection.QueryAsync(
            Query, roles, row => ((row.GetString(0), row.GetString(1), row.GetString(2)), row.GetString(3)), cancellationToken);
        foreach (var (policy, role) in rows)
        {
            if (!policies._roles.TryGetValue(policy, out var named)) policies._roles[policy] = named = new(StringComparer.Ordinal);
            named.Add(role);
        }
        return policies;
    }

    /// <param name="rules">Which roles a policy has to name.</param>
    /// <param name="database">See <see cref="PostgresChange.Database"/>.</param>
    public IEnumerable<PostgresChange> Compare(CloneRules rules, string? database)
    {
        foreach (var ((schema, table, name), present) in _roles)
        {
            var wanted = new HashSet<string>(present, StringComparer.Ordinal);
            // A member of the base is meant where the base is; only with an owner role does each stand for itself.
            if (rules.OwnerRole is null || !present.Contains(rules.Base)) wanted.Remove(rules.Twin);
            else wanted.Add(rules.Twin);
            if (rules is { OwnerRole: { } owner, IsSetUp: false } && present.Contains(rules.Base)) wanted.Add(owner);
            if (wanted.SetEquals(present)) continue;
            var kind = wanted.Count > present.Count ? RightsChangeKind.Add : RightsChangeKind.Remove;
            var right = $"policy {SqlText.Name(name)} ON {SqlText.Name(schema, table)}";
            yield return wanted.Count == 0
                ? PostgresChange.Manual(kind, right, database, "the policy names the clone alone: DROP POLICY, or name the base in it")
                : PostgresChange.Of(
                    kind, right, database,
                    $"ALTER POLICY {SqlText.Name(name)} ON {SqlText.Name(schema, table)} TO "
                        + string.Join(", ", wanted.Order(StringComparer.Ordinal).Select(SqlText.Name)));
        }
    }
}
