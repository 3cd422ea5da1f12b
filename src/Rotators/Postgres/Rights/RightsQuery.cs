using Npgsql;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>The rights granted by name, read from the access control lists of one database.</summary>
internal static class RightsQuery
{
    /// <summary>Every kind of object with an access control list that belongs to one database.</summary>
    private const string OwnObjects =
        """
        SELECT 'SCHEMA'::text, NULL::text, nspname::text, NULL::text, NULL::text[], NULL::text[], nspowner, nspacl
        FROM pg_catalog.pg_namespace WHERE nspacl IS NOT NULL
        UNION ALL
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname, NULL, NULL, NULL, c.relowner, c.relacl
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relacl IS NOT NULL AND c.relpersistence <> 't' AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')
        UNION ALL
        SELECT 'TABLE', n.nspname, c.relname, a.attname, NULL, NULL, c.relowner, a.attacl
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND c.relpersistence <> 't'
        UNION ALL
        SELECT 'ROUTINE', n.nspname, p.proname, NULL,
               ARRAY(SELECT tn.nspname::text FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, place)
                     JOIN pg_catalog.pg_type t ON t.oid = a.type JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace ORDER BY place),
               ARRAY(SELECT t.typname::text FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, place)
                     JOIN pg_catalog.pg_type t ON t.oid = a.type ORDER BY place),
               p.proowner, p.proacl
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.proacl IS NOT NULL
        UNION ALL
        SELECT 'TYPE', n.nspname, t.typname, NULL, NULL, NULL, t.typowner, t.typacl
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typacl IS NOT NULL
        UNION ALL
        SELECT 'LANGUAGE', NULL, lanname, NULL, NULL, NULL, lanowner, lanacl FROM pg_catalog.pg_language WHERE lanacl IS NOT NULL
        UNION ALL
        SELECT 'FOREIGN DATA WRAPPER', NULL, fdwname, NULL, NULL, NULL, fdwowner, fdwacl
        FROM pg_catalog.pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
        UNION ALL
        SELECT 'FOREIGN SERVER', NULL, srvname, NULL, NULL, NULL, srvowner, srvacl
        FROM pg_catalog.pg_foreign_server WHERE srvacl IS NOT NULL
        UNION ALL
        SELECT 'LARGE OBJECT', NULL, oid::text, NULL, NULL, NULL, lomowner, lomacl
        FROM pg_catalog.pg_largeobject_metadata WHERE lomacl IS NOT NULL
        """;

    /// <summary>Those that belong to the whole cluster.</summary>
    private const string SharedObjects =
        """
        UNION ALL
        SELECT 'DATABASE', NULL, datname, NULL, NULL, NULL, datdba, datacl FROM pg_catalog.pg_database WHERE datacl IS NOT NULL
        UNION ALL
        SELECT 'TABLESPACE', NULL, spcname, NULL, NULL, NULL, spcowner, spcacl FROM pg_catalog.pg_tablespace WHERE spcacl IS NOT NULL
        """;

    /// <summary>Since version 15. A setting belongs to nobody: the bootstrap superuser, whose id is 10, stands for its owner.</summary>
    private const string Parameters =
        """
        UNION ALL
        SELECT 'PARAMETER', NULL, parname, NULL, NULL, NULL, 10, paracl FROM pg_catalog.pg_parameter_acl
        """;

    private const string Granted =
        """
        SELECT o.kind, o.schema, o.name, o.part, o.argument_schemas, o.argument_types, r.rolname::text,
               CASE WHEN a.grantor <> o.owner THEN g.rolname::text END, a.privilege_type, a.is_grantable
        FROM objects o CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) a
        JOIN pg_catalog.pg_roles r ON r.oid = a.grantee AND r.rolname::text IN ($1, $2, $3)
        LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantor
        WHERE a.grantee <> o.owner
        """;

    /// <summary>Default privileges that other roles than these give to one of these.</summary>
    private const string GivenByDefault =
        """
        SELECT d.defaclobjtype::text, f.rolname::text, n.nspname::text, r.rolname::text, a.privilege_type, a.is_grantable
        FROM pg_catalog.pg_default_acl d CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) a
        JOIN pg_catalog.pg_roles f ON f.oid = d.defaclrole
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
        JOIN pg_catalog.pg_roles r ON r.oid = a.grantee AND r.rolname::text IN ($1, $2, $3)
        WHERE f.rolname::text NOT IN ($1, $2) AND a.grantee <> d.defaclrole
        """;

    /// <param name="connection">In a transaction.</param>
    /// <param name="roles">Three names, of which the last may be empty.</param>
    /// <param name="version">As <c>server_version_num</c>.</param>
    /// <param name="isShared">Whether to read what belongs to the whole cluster, too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IReadOnlyDictionary<string, RoleRights>> ReadAsync(
        PostgresConnection connection, IReadOnlyList<string> roles, int version, bool isShared, CancellationToken cancellationToken)
    {
        const int VersionWithParameters = 150000;
        var rights = roles.Distinct().ToDictionary(role => role, _ => new RoleRights());
        var shared = !isShared ? "" : version < VersionWithParameters ? SharedObjects : $"{SharedObjects}\n{Parameters}";
        var sql =
            $"""
            WITH objects(kind, schema, name, part, argument_schemas, argument_types, owner, acl) AS (
            {OwnObjects}
            {shared})
            {Granted}
            """;
        await connection.QueryAsync(sql, roles, row => Take(row, rights), cancellationToken);
        await connection.QueryAsync(GivenByDefault, roles, row => TakeDefault(row, rights), cancellationToken);
        return rights;
    }

    /// <summary>What ALTER DEFAULT PRIVILEGES is written for.</summary>
    /// <param name="forRole">Quoted.</param>
    /// <param name="schema">Not quoted; null for all schemas.</param>
    public static string DefaultScope(string forRole, string? schema) =>
        $"ALTER DEFAULT PRIVILEGES FOR ROLE {forRole} {(schema is null ? "" : $"IN SCHEMA {SqlText.Name(schema)} ")}";

    /// <param name="kind">As <c>pg_default_acl.defaclobjtype</c>.</param>
    public static string DefaultTarget(string kind) => kind switch
    {
        "r" => "TABLES",
        "S" => "SEQUENCES",
        "f" => "ROUTINES",
        "T" => "TYPES",
        "n" => "SCHEMAS",
        "L" => "LARGE OBJECTS",
        _ => throw new RotatorException(
            FailureCause.Other, "The server knows a kind of default privilege that this version of Rekey does not."),
    };

    private static bool Take(NpgsqlDataReader row, Dictionary<string, RoleRights> rights)
    {
        var (kind, name) = (row.GetString(0), row.GetString(2));
        var quoted = row.IsDBNull(1) ? SqlText.Name(name) : SqlText.Name(row.GetString(1), name);
        var target = kind switch
        {
            // The only object without a name: its number is the name.
            "LARGE OBJECT" => $"{kind} {name}",
            "ROUTINE" => $"{kind} {quoted}({Arguments(row.GetFieldValue<string[]>(4), row.GetFieldValue<string[]>(5))})",
            _ => $"{kind} {quoted}",
        };
        var privilege = GrantedRight.Demand(row.GetString(8));
        if (!row.IsDBNull(3)) privilege = $"{privilege} ({SqlText.Name(row.GetString(3))})";
        var grantor = new RightGrantor(row.IsDBNull(7) ? null : SqlText.Name(row.GetString(7)), row.GetBoolean(9));
        rights[row.GetString(6)].Add(new GrantedRight("", privilege, target), grantor);
        return true;
    }

    private static bool TakeDefault(NpgsqlDataReader row, Dictionary<string, RoleRights> rights)
    {
        var scope = DefaultScope(SqlText.Name(row.GetString(1)), row.IsDBNull(2) ? null : row.GetString(2));
        var right = new GrantedRight(scope, GrantedRight.Demand(row.GetString(4)), DefaultTarget(row.GetString(0)));
        rights[row.GetString(3)].Add(right, new RightGrantor(null, row.GetBoolean(5)));
        return true;
    }

    private static string Arguments(string[] schemas, string[] types) =>
        string.Join(", ", schemas.Zip(types, SqlText.Name));
}
