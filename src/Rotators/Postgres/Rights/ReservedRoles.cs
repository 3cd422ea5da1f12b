using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>
/// The roles that a superuser secret must not be turned on. Whoever may write a secret's value chooses whose password is set; so it must
/// not be that of a role which rules the cluster or leads out of it. Such a role rotates by its own login, without a superuser secret.
/// </summary>
internal static class ReservedRoles
{
    /// <summary>
    /// Administrators of the server and of its providers, and predefined roles that read and run what the server's host has.
    /// </summary>
    private static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "postgres", "rdsadmin", "rds_superuser", "rdsrepladmin", "rdstopmgr", "rdsproxyadmin", "rdswriteforwarduser", "cloudsqladmin",
        "cloudsqlsuperuser", "cloudsqlagent", "azuresu", "azure_pg_admin", "azure_superuser", "alloydbadmin", "alloydbsuperuser",
        "pg_execute_server_program", "pg_read_server_files", "pg_write_server_files",
    };

    /// <summary>
    /// The role itself and all roles it is a member of, directly or not, also those it would have to switch to.
    /// </summary>
    private const string Reachable =
        """
        SELECT a.rolname::text, a.oid = r.oid, a.rolsuper, a.rolcreaterole, a.rolreplication, a.rolbypassrls, a.rolname = session_user
        FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_roles a ON a.oid = r.oid OR pg_catalog.pg_has_role(r.oid, a.oid, 'MEMBER')
        WHERE r.rolname::text = $1 ORDER BY a.oid <> r.oid
        """;

    /// <summary>Precondition for a role that is not to be rotated by a superuser; nothing for one that does not exist.</summary>
    public static async Task DemandRotatableAsync(PostgresConnection connection, string role, CancellationToken cancellationToken)
    {
        if (role.StartsWith("pg_", StringComparison.Ordinal)) throw Refused(role, "it is one of the server's own");
        if (Names.Contains(role)) throw Refused(role, "it is an administrator of the server");
        var reasons = await connection.QueryAsync(
            Reachable, [role],
            row => Reason(
                row.GetString(0), row.GetBoolean(1), row.GetBoolean(2), row.GetBoolean(3), row.GetBoolean(4), row.GetBoolean(5),
                row.GetBoolean(6)),
            cancellationToken);
        if (reasons.FirstOrDefault(reason => reason is not null) is { } reason) throw Refused(role, reason);
    }

    /// <summary>A password of a role whose time is over does not log in, however new it is.</summary>
    public static void DemandValid(RoleFacts role)
    {
        if (!role.IsExpired) return;
        throw Failures.Precondition(
            $"The passwords of {role.Name} are void since {role.ValidUntil} (VALID UNTIL), a new one would be too. Move that date");
    }

    private static string? Reason(
        string name, bool isItself, bool isSuperuser, bool createsRoles, bool replicates, bool bypassesPolicies, bool isOurs)
    {
        if (isOurs) return isItself ? "it is the superuser secret's own" : "it is a member of the superuser secret's own role";
        var power = isSuperuser ? "SUPERUSER" : createsRoles ? "CREATEROLE" : replicates ? "REPLICATION"
            : bypassesPolicies ? "BYPASSRLS" : null;
        if (power is not null) return isItself ? $"it has {power}" : $"it is a member of {name}, which has {power}";
        return !isItself && Names.Contains(name) ? $"it is a member of {name}" : null;
    }

    private static RotatorException Refused(string role, string reason) =>
        Failures.Precondition($"The role {role} is not rotated with a superuser secret: {reason}");
}
