using Rekey.Rotators.Postgres;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redshift;

/// <summary>The groups a user is in, the roles granted to it, and what others get on what it makes (default privileges).</summary>
internal sealed class RedshiftGroups
{
    private const string GroupsQuery =
        "SELECT g.groname FROM pg_group g, pg_user u WHERE u.usesysid = ANY (g.grolist) AND u.usename = $1";

    private const string RolesQuery =
        "SELECT role_name, CASE WHEN admin_option THEN 'yes' ELSE 'no' END FROM svv_user_grants WHERE user_name = $1";

    private const string DefaultsQuery =
        """
        SELECT coalesce(schema_name, ''), object_type, owner_name, privilege_type, coalesce(grantee_name, ''), grantee_type,
               CASE WHEN admin_option THEN 'yes' ELSE 'no' END
        FROM svv_default_privileges WHERE owner_name = $1 OR (grantee_type = 'user' AND grantee_name = $1)
        """;

    private List<string> _groups = [];
    private Dictionary<string, bool> _roles = [];
    private List<Default> _defaults = [];

    public IEnumerable<string> Roles => _roles.Keys;

    public static async Task<RedshiftGroups> ReadAsync(PostgresConnection connection, string user, CancellationToken cancellationToken)
    {
        var roles = await connection.QueryAsync(
            RolesQuery, [user], row => (Name: row.GetString(0), Admin: row.GetString(1) == "yes"), cancellationToken);
        return new RedshiftGroups
        {
            _groups = await connection.QueryAsync(GroupsQuery, [user], row => row.GetString(0), cancellationToken),
            _roles = roles.ToDictionary(role => role.Name, role => role.Admin, StringComparer.Ordinal),
            _defaults = await connection.QueryAsync(
                DefaultsQuery, [user],
                row => new Default(
                    row.GetString(0), row.GetString(1), row.GetString(2), RedshiftRights.Demand(row.GetString(3)), row.GetString(4),
                    row.GetString(5), row.GetString(6) == "yes"),
                cancellationToken),
        };
    }

    public static IEnumerable<RightsChange> Compare(RedshiftGroups @base, RedshiftGroups clone, string baseName, string cloneName)
    {
        var user = RedshiftText.Name(cloneName);
        foreach (var group in @base._groups.Except(clone._groups))
            yield return new(RightsChangeKind.Add, $"group {group}", $"ALTER GROUP {RedshiftText.Name(group)} ADD USER {user}");
        foreach (var group in clone._groups.Except(@base._groups))
            yield return new(RightsChangeKind.Remove, $"group {group}", $"ALTER GROUP {RedshiftText.Name(group)} DROP USER {user}");
        foreach (var (role, admin) in @base._roles)
        {
            if (clone._roles.TryGetValue(role, out var has) && (has || !admin)) continue;
            var option = admin ? " WITH ADMIN OPTION" : "";
            yield return new(
                RightsChangeKind.Add, $"role {role}{option.ToLowerInvariant()}", $"GRANT ROLE {RedshiftText.Name(role)} TO {user}{option}");
        }
        foreach (var (role, admin) in clone._roles)
        {
            if (!@base._roles.TryGetValue(role, out var wanted))
                yield return new(RightsChangeKind.Remove, $"role {role}", $"REVOKE ROLE {RedshiftText.Name(role)} FROM {user}");
            else if (admin && !wanted)
            {
                yield return new(
                    RightsChangeKind.Remove, $"admin option of role {role}",
                    $"REVOKE ADMIN OPTION FOR ROLE {RedshiftText.Name(role)} FROM {user}");
            }
        }
        var mapped = @base._defaults.Select(one => one.Swapped(baseName, cloneName)).ToHashSet();
        foreach (var one in mapped.Except(clone._defaults))
        {
            var grant = one.Text("GRANT", "TO");
            yield return new(RightsChangeKind.Add, grant, one.IsGrantable ? $"{grant} WITH GRANT OPTION" : grant);
        }
        foreach (var one in clone._defaults.Except(mapped))
            yield return new(RightsChangeKind.Remove, one.Text("GRANT", "TO"), one.Text("REVOKE", "FROM"));
    }

    /// <param name="Schema">Empty for all schemas.</param>
    private sealed record Default(
        string Schema, string ObjectType, string Owner, string Privilege, string Grantee, string GranteeType, bool IsGrantable)
    {
        /// <summary>The same for the other of two users.</summary>
        public Default Swapped(string one, string other)
        {
            return this with { Owner = Swap(Owner), Grantee = GranteeType == "user" ? Swap(Grantee) : Grantee };

            string Swap(string name) => name == one ? other : name == other ? one : name;
        }

        public string Text(string verb, string preposition)
        {
            var schema = Schema.Length == 0 ? "" : $" IN SCHEMA {RedshiftText.Name(Schema)}";
            var objects = ObjectType.ToUpperInvariant() switch
            {
                "RELATION" => "TABLES",
                "FUNCTION" => "FUNCTIONS",
                "PROCEDURE" => "PROCEDURES",
                _ => throw new RotatorException(
                    FailureCause.Other, "The server knows a kind of default privilege that this version of Rekey does not."),
            };
            var grantee = GranteeType.ToUpperInvariant() switch
            {
                "PUBLIC" => "PUBLIC",
                "GROUP" => $"GROUP {RedshiftText.Name(Grantee)}",
                "ROLE" => $"ROLE {RedshiftText.Name(Grantee)}",
                _ => RedshiftText.Name(Grantee),
            };
            var scope = $"ALTER DEFAULT PRIVILEGES FOR USER {RedshiftText.Name(Owner)}{schema}";
            return $"{scope} {verb} {Privilege} ON {objects} {preposition} {grantee}";
        }
    }
}
