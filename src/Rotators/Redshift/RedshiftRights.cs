using Npgsql;
using Rekey.Rotators.Postgres;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redshift;

/// <summary>
/// The rights granted to a user by name, of which GRANT and REVOKE are made. Never what a user may do through a group, a role or everybody:
/// given by name, that would outlast the group's own loss of it.
/// </summary>
internal sealed class RedshiftRights
{
    private static readonly HashSet<string> Privileges = new(StringComparer.Ordinal)
    {
        "SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "TRUNCATE", "REFERENCES", "RULE", "TRIGGER", "ALTER", "CREATE", "USAGE",
        "TEMPORARY", "TEMP", "EXECUTE", "SHARE",
    };

    /// <summary>What each view lists, with the columns of its object; all end with privilege and grant option.</summary>
    private static readonly (string Query, Func<NpgsqlDataReader, string> Target)[] Lists =
    [
        (From("svv_relation_privileges", "namespace_name, relation_name, ''"),
            row => $"TABLE {RedshiftText.Name(row.GetString(0), row.GetString(1))}"),
        (From("svv_column_privileges", "namespace_name, relation_name, column_name", grantable: false),
            row => $"TABLE {RedshiftText.Name(row.GetString(0), row.GetString(1))}"),
        (From("svv_schema_privileges", "namespace_name, privilege_scope, ''"),
            row => Scoped(row.GetString(1), "SCHEMA", row.GetString(0))),
        (From("svv_database_privileges", "database_name, privilege_scope, ''"),
            row => Scoped(row.GetString(1), "DATABASE", row.GetString(0))),
        (From("svv_function_privileges", "namespace_name, function_name, argument_types"),
            row => $"FUNCTION {RedshiftText.Name(row.GetString(0), row.GetString(1))}({RedshiftText.Arguments(row.GetString(2))})"),
        (From("svv_language_privileges", "language_name, '', ''"), row => $"LANGUAGE {RedshiftText.Name(row.GetString(0))}"),
        (From("svv_ml_model_privileges", "namespace_name, model_name, ''"),
            row => $"MODEL {RedshiftText.Name(row.GetString(0), row.GetString(1))}"),
    ];

    /// <summary>Tables and views, by owner: none of a user's own rights is in a list.</summary>
    private const string Made =
        """
        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_user u ON u.usesysid = c.relowner
        WHERE u.usename = $1 AND c.relkind IN ('r', 'v') AND n.nspname NOT LIKE 'pg\\_temp\\_%'
        """;

    private readonly Dictionary<(string Privilege, string Target), bool> _rights = [];

    private readonly List<string> _made = [];

    public static async Task<RedshiftRights> ReadAsync(PostgresConnection connection, string user, CancellationToken cancellationToken)
    {
        var rights = new RedshiftRights();
        foreach (var (query, target) in Lists)
        {
            await connection.QueryAsync(query, [user], row =>
            {
                var privilege = Demand(row.GetString(3));
                if (query.Contains("svv_column_privileges", StringComparison.Ordinal))
                    privilege = $"{privilege} ({RedshiftText.Name(row.GetString(2))})";
                rights._rights[(privilege, target(row))] = row.GetString(4) == "yes";
                return true;
            }, cancellationToken);
        }
        rights._made.AddRange(await connection.QueryAsync(
            Made, [user], row => $"TABLE {RedshiftText.Name(row.GetString(0), row.GetString(1))}", cancellationToken));
        return rights;
    }

    public static string Demand(string privilege) => Privileges.Contains(privilege.ToUpperInvariant())
        ? privilege.ToUpperInvariant()
        : throw new RotatorException(FailureCause.Other, "The server knows a kind of privilege that this version of Rekey does not.");

    /// <summary>
    /// What makes the clone's rights its base's. Redshift has nothing by which two users own a table together: what one of them made, the
    /// other gets all rights on.
    /// </summary>
    public static IEnumerable<RightsChange> Compare(RedshiftRights @base, RedshiftRights clone, string baseName, string cloneName)
    {
        var (from, to) = (RedshiftText.Name(baseName), RedshiftText.Name(cloneName));
        foreach (var ((privilege, target), grantable) in clone._rights)
        {
            if (@base._made.Contains(target) || clone._made.Contains(target)) continue;
            if (!@base._rights.TryGetValue((privilege, target), out var wanted))
                yield return new(RightsChangeKind.Remove, $"{privilege} ON {target}", $"REVOKE {Of(privilege, target)} FROM {to}");
            else if (grantable && !wanted)
            {
                yield return new(
                    RightsChangeKind.Remove, $"grant option of {privilege} ON {target}",
                    $"REVOKE GRANT OPTION FOR {Of(privilege, target)} FROM {to}");
            }
        }
        foreach (var ((privilege, target), grantable) in @base._rights)
        {
            if (clone._made.Contains(target)) continue;
            if (clone._rights.TryGetValue((privilege, target), out var has) && (has || !grantable)) continue;
            var option = grantable ? " WITH GRANT OPTION" : "";
            yield return new(
                RightsChangeKind.Add, $"{privilege} ON {target}{option.ToLowerInvariant()}",
                $"GRANT {Of(privilege, target)} TO {to}{option}");
        }
        foreach (var change in Share(@base, clone, to)) yield return change;
        foreach (var change in Share(clone, @base, from)) yield return change;
    }

    private static IEnumerable<RightsChange> Share(RedshiftRights maker, RedshiftRights other, string grantee)
    {
        string[] shared = ["SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES"];
        foreach (var table in maker._made)
        {
            var lacking = shared.Where(privilege => !other._rights.ContainsKey((privilege, table))).ToList();
            if (lacking.Count == 0) continue;
            var list = string.Join(", ", lacking);
            yield return new(
                RightsChangeKind.Add, $"{list} ON {table}, which the pair's other user made", $"GRANT {list} ON {table} TO {grantee}");
        }
    }

    /// <summary>A privilege over all objects of a kind reads: SELECT FOR TABLES IN SCHEMA s; any other: SELECT ON TABLE t.</summary>
    private static string Of(string privilege, string target) =>
        target.StartsWith("FOR ", StringComparison.Ordinal) ? $"{privilege} {target}" : $"{privilege} ON {target}";

    private static string Scoped(string scope, string place, string name) => scope.ToUpperInvariant() switch
    {
        var whole when whole == place || whole.Length == 0 => $"{place} {RedshiftText.Name(name)}",
        "SCHEMAS" => $"FOR SCHEMAS IN {place} {RedshiftText.Name(name)}",
        "TABLES" => $"FOR TABLES IN {place} {RedshiftText.Name(name)}",
        "FUNCTIONS" => $"FOR FUNCTIONS IN {place} {RedshiftText.Name(name)}",
        "LANGUAGES" => $"FOR LANGUAGES IN {place} {RedshiftText.Name(name)}",
        _ => throw new RotatorException(FailureCause.Other, "The server knows a scope of privileges that this version of Rekey does not."),
    };

    private static string From(string view, string columns, bool grantable = true) =>
        $"SELECT {columns}, privilege_type, {(grantable ? "CASE WHEN admin_option THEN 'yes' ELSE 'no' END" : "'no'")} FROM {view} "
            + "WHERE identity_type = 'user' AND identity_name = $1";
}
