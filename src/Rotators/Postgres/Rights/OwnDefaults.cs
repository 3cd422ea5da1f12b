namespace Rekey.Rotators.Postgres.Rights;

/// <summary>
/// The privileges others get on what a role makes (ALTER DEFAULT PRIVILEGES FOR ROLE): without them nobody but the clone could use what an
/// application makes during the clone's turn.
/// </summary>
internal sealed class OwnDefaults
{
    private const string Query =
        """
        WITH kinds AS (
            SELECT DISTINCT d.defaclnamespace AS schema, d.defaclobjtype AS kind
            FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_roles r ON r.oid = d.defaclrole AND r.rolname::text IN ($1, $2, $3))
        SELECT r.rolname::text, n.nspname::text, k.kind::text, g.rolname::text, a.privilege_type, a.is_grantable
        FROM pg_catalog.pg_roles r CROSS JOIN kinds k
        LEFT JOIN pg_catalog.pg_default_acl d ON d.defaclrole = r.oid AND d.defaclnamespace = k.schema AND d.defaclobjtype = k.kind
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = k.schema
        CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(d.defaclacl, CASE WHEN k.schema = 0 THEN
            pg_catalog.acldefault(CASE k.kind WHEN 'S' THEN 's'::"char" ELSE k.kind END, r.oid) END)) a
        LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
        WHERE r.rolname::text IN ($1, $2, $3)
        """;

    private readonly List<Row> _rows;

    private OwnDefaults(List<Row> rows) => _rows = rows;

    /// <param name="roles">Three names, of which the last may be empty.</param>
    /// <param name="connection">In a transaction.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<OwnDefaults> ReadAsync(
        PostgresConnection connection, IReadOnlyList<string> roles, CancellationToken cancellationToken) =>
        new(await connection.QueryAsync(
            Query, roles,
            row => new Row(
                row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3),
                GrantedRight.Demand(row.GetString(4)), row.GetBoolean(5)),
            cancellationToken));

    /// <summary>What makes those of <paramref name="target"/> those of <paramref name="source"/>, each in the other's place.</summary>
    public IEnumerable<PostgresChange> Compare(string source, string target, string? database, bool excess)
    {
        var wanted = For(source, target, grantee => grantee == source ? target : grantee == target ? source : grantee);
        var present = For(target, target, grantee => grantee);
        foreach (var grantee in wanted.Keys.Union(present.Keys).Order(StringComparer.Ordinal))
        {
            var none = new RoleRights();
            var changes = RoleRights.Compare(
                wanted.GetValueOrDefault(grantee, none), present.GetValueOrDefault(grantee, none), grantee, database, excess: excess);
            foreach (var change in changes) yield return change;
        }
    }

    /// <summary>By quoted grantee.</summary>
    private Dictionary<string, RoleRights> For(string role, string target, Func<string, string> map)
    {
        var rights = new Dictionary<string, RoleRights>();
        foreach (var row in _rows.Where(row => row.Role == role))
        {
            var grantee = row.Grantee is null ? "PUBLIC" : SqlText.Name(map(row.Grantee));
            if (!rights.TryGetValue(grantee, out var granted)) rights[grantee] = granted = new RoleRights();
            var right = new GrantedRight(
                RightsQuery.DefaultScope(SqlText.Name(target), row.Schema), row.Privilege, RightsQuery.DefaultTarget(row.Kind));
            granted.Add(right, new RightGrantor(null, row.IsGrantable));
        }
        return rights;
    }

    /// <param name="Schema">Null for all schemas.</param>
    /// <param name="Grantee">Null for PUBLIC.</param>
    private sealed record Row(string Role, string? Schema, string Kind, string? Grantee, string Privilege, bool IsGrantable);
}
