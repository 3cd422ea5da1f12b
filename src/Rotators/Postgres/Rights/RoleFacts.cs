namespace Rekey.Rotators.Postgres.Rights;

/// <summary>What <c>pg_roles</c> says of a role.</summary>
/// <param name="ValidUntil">In UTC, as the server writes it; <c>infinity</c> when its passwords do not expire.</param>
internal sealed record RoleFacts(
    string Name, bool Inherits, bool CreatesDatabases, bool LogsIn, int ConnectionLimit, string ValidUntil, bool IsExpired)
{
    private const string Query =
        """
        SELECT rolname::text, rolinherit, rolcreatedb, rolcanlogin, rolconnlimit, coalesce(rolvaliduntil, 'infinity')::text,
               coalesce(rolvaliduntil <= pg_catalog.now(), false)
        FROM pg_catalog.pg_roles WHERE rolname::text = $1
        """;

    /// <summary>Null when there is no such role.</summary>
    public static async Task<RoleFacts?> FindAsync(PostgresConnection connection, string name, CancellationToken cancellationToken) =>
        (await connection.QueryAsync(
            Query, [name],
            row => new RoleFacts(
                row.GetString(0), row.GetBoolean(1), row.GetBoolean(2), row.GetBoolean(3), row.GetInt32(4), row.GetString(5),
                row.GetBoolean(6)),
            cancellationToken)).SingleOrDefault();
}
