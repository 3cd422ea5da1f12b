namespace Rekey.Rotators.Postgres;

/// <summary>What a session can see of its own role and of the server, without any privilege.</summary>
/// <param name="Name">The role that logged in, whatever role its settings switched to.</param>
/// <param name="PasswordEncryption">The session's <c>password_encryption</c>.</param>
/// <param name="ScramIterations">Null before version 16, where the number was fixed.</param>
/// <param name="ValidUntil">Null for a password that does not expire.</param>
/// <param name="ConnectionLimit">Concurrent connections the role may have; negative for no limit.</param>
/// <param name="Connections">Those it has, with this session's.</param>
/// <param name="IsForbiddenByRds">Amazon RDS lets only members of rds_password change passwords, and this role is none.</param>
/// <param name="ServerIdentity">The cluster's system identifier, else the address that answered.</param>
/// <param name="Address">Address and port that answered, as the server sees them.</param>
/// <param name="AuthenticatedBy">The method of pg_hba.conf; null before version 16, and when the server trusted the client.</param>
internal sealed record PostgresAccount(
    string Name, int ServerVersion, bool IsReplica, string PasswordEncryption, int? ScramIterations, string? ValidUntil, bool IsExpired,
    int ConnectionLimit, int Connections, bool IsForbiddenByRds, string ServerIdentity, string Address, string? AuthenticatedBy)
{
    private const int VersionWithSystemUser = 160000;

    private const string Facts =
        """
        SELECT session_user::text, pg_catalog.current_setting('server_version_num')::int4, pg_catalog.pg_is_in_recovery(),
               pg_catalog.current_setting('password_encryption'), pg_catalog.current_setting('scram_iterations', true)::int4,
               r.rolvaliduntil::text, coalesce(r.rolvaliduntil <= pg_catalog.now(), false), r.rolconnlimit,
               (SELECT count(*)::int4 FROM pg_catalog.pg_stat_activity a WHERE a.usesysid = r.oid),
               coalesce(pg_catalog.current_setting('rds.restrict_password_commands', true) = 'on', false) AND NOT EXISTS (
                   SELECT FROM pg_catalog.pg_roles p WHERE p.rolname = 'rds_password' AND pg_catalog.pg_has_role(p.oid, 'MEMBER')),
               pg_catalog.concat(pg_catalog.host(pg_catalog.inet_server_addr()), ' ', pg_catalog.inet_server_port()),
               pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
        FROM pg_catalog.pg_roles r WHERE r.rolname = session_user
        """;

    /// <summary>Managed services that withhold this function are told apart by address instead.</summary>
    private const string SystemIdentifier = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()";

    public static async Task<PostgresAccount> ReadAsync(PostgresConnection connection, CancellationToken cancellationToken)
    {
        var (account, maySeeIdentifier) = await connection.QueryRowAsync(
            Facts,
            row => (new PostgresAccount(
                row.GetString(0), row.GetInt32(1), row.GetBoolean(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetInt32(4),
                row.IsDBNull(5) ? null : row.GetString(5), row.GetBoolean(6), row.GetInt32(7), row.GetInt32(8),
                row.GetBoolean(9), row.GetString(10), row.GetString(10), null), row.GetBoolean(11)),
            cancellationToken);
        if (maySeeIdentifier)
        {
            var identifier = await connection.QueryRowAsync(SystemIdentifier, row => row.GetString(0), cancellationToken);
            account = account with { ServerIdentity = identifier };
        }
        if (account.ServerVersion < VersionWithSystemUser) return account;
        var method = await connection.QueryRowAsync(
            "SELECT pg_catalog.split_part(system_user, ':', 1)", row => row.IsDBNull(0) ? null : row.GetString(0), cancellationToken);
        return account with { AuthenticatedBy = method };
    }
}
