using Npgsql;

namespace Rekey.Conformance.Engines.Postgres.Pairs;

/// <summary>
/// What a login can do, asked of the server in a fresh session of its own by other means than the rotator's: the server's own judgement of
/// each privilege, its attributes, the settings its session begins with, and whom it lets at what it makes.
/// </summary>
internal static class EffectiveRights
{
    private const string Sweep =
        """
        WITH me AS (SELECT oid, rolname, 'login' AS kind FROM pg_roles WHERE rolname = session_user
                    UNION ALL SELECT oid, rolname, 'acting' FROM pg_roles WHERE rolname = current_user),
        goption(suffix) AS (VALUES (''), (' WITH GRANT OPTION')),
        space AS (SELECT oid, nspname FROM pg_namespace WHERE nspname LIKE 'grants%')
        SELECT concat_ws(' ', 'table', c.relname, kind, p, suffix) AS line
          FROM me, goption, pg_class c JOIN space s ON s.oid = c.relnamespace,
          unnest(@table) p WHERE relkind IN ('r','v','m','p') AND has_table_privilege(me.oid, c.oid, p || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'column', c.relname, a.attname, kind, p, suffix)
          FROM me, goption, pg_class c JOIN space s ON s.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0, unnest(ARRAY['SELECT','INSERT','UPDATE','REFERENCES']) p
          WHERE relkind IN ('r','v','m','p') AND has_column_privilege(me.oid, c.oid, a.attnum, p || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'sequence', c.relname, kind, p, suffix) FROM me, goption, pg_class c JOIN space s ON s.oid = c.relnamespace,
          unnest(ARRAY['USAGE','SELECT','UPDATE']) p WHERE relkind = 'S' AND has_sequence_privilege(me.oid, c.oid, p || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'routine', f.oid, kind, suffix) FROM me, goption, pg_proc f JOIN space s ON s.oid = f.pronamespace
          WHERE has_function_privilege(me.oid, f.oid, 'EXECUTE' || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'type', t.oid, kind, suffix) FROM me, goption, pg_type t JOIN space s ON s.oid = t.typnamespace
          WHERE has_type_privilege(me.oid, t.oid, 'USAGE' || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'schema', s.nspname, kind, p, suffix) FROM me, goption, space s, unnest(ARRAY['USAGE','CREATE']) p
          WHERE has_schema_privilege(me.oid, s.oid, p || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'database', d.datname, kind, p, suffix)
          FROM me, goption, pg_database d, unnest(ARRAY['CREATE','CONNECT','TEMPORARY']) p
          WHERE has_database_privilege(me.oid, d.oid, p || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'tablespace', d.spcname, kind, suffix) FROM me, goption, pg_tablespace d
          WHERE has_tablespace_privilege(me.oid, d.oid, 'CREATE' || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'wrapper', d.fdwname, kind, suffix) FROM me, goption, pg_foreign_data_wrapper d
          WHERE has_foreign_data_wrapper_privilege(me.oid, d.oid, 'USAGE' || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'server', d.srvname, kind, suffix) FROM me, goption, pg_foreign_server d
          WHERE has_server_privilege(me.oid, d.oid, 'USAGE' || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'language', d.lanname, kind, suffix) FROM me, goption, pg_language d
          WHERE has_language_privilege(me.oid, d.oid, 'USAGE' || suffix)
        UNION ALL
        SELECT concat_ws(' ', 'member of', g.rolname, kind, p) FROM me, pg_roles g, unnest(@member) p
          WHERE g.rolname = ANY (@groups) AND pg_has_role(me.oid, g.oid, p)
        UNION ALL
        SELECT concat_ws(' ', 'attributes', kind, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit,
                         coalesce(rolvaliduntil, 'infinity'), CASE WHEN @inherit THEN rolinherit END)
          FROM me JOIN pg_roles r USING (oid)
        UNION ALL
        SELECT concat_ws(' ', 'setting', name, setting) FROM pg_settings WHERE source IN ('user', 'database user', 'database')
        UNION ALL
        SELECT concat_ws(' ', 'custom setting', current_setting('grants.custom', true))
        """;

    private const string Parameters =
        """

        UNION ALL
        SELECT concat_ws(' ', 'parameter', kind, p, suffix) FROM me, goption, unnest(ARRAY['SET','ALTER SYSTEM']) p
          WHERE has_parameter_privilege(me.oid, 'log_statement', p || suffix)
        """;

    private const string LargeObjects =
        """

        UNION ALL
        SELECT concat_ws(' ', 'large object', kind, p, suffix) FROM me, goption, unnest(ARRAY['SELECT','UPDATE']) p
          WHERE has_largeobject_privilege(me.oid, 77001, p || suffix)
        """;

    /// <summary>Who may use what the login makes, with the maker itself called so.</summary>
    private const string Made =
        """
        BEGIN;
        CREATE TABLE "grants open".made (id int);
        CREATE FUNCTION "grants open".made() RETURNS int LANGUAGE sql AS 'SELECT 1';
        SELECT string_agg(line, E'\n' ORDER BY line) FROM (
          SELECT concat_ws(' ', 'made', kind, CASE WHEN a.grantee = owner THEN 'MAKER' ELSE coalesce(g.rolname, 'PUBLIC') END,
                           a.privilege_type, a.is_grantable) AS line
          FROM (SELECT 'table' AS kind, relowner AS owner, coalesce(relacl, acldefault('r', relowner)) AS acl
                FROM pg_class WHERE oid = '"grants open".made'::regclass
                UNION ALL SELECT 'function', proowner, coalesce(proacl, acldefault('f', proowner))
                FROM pg_proc WHERE oid = '"grants open".made()'::regprocedure) made,
               aclexplode(acl) a LEFT JOIN pg_roles g ON g.oid = a.grantee) lines;
        """;

    /// <param name="connection">The login's own, just opened.</param>
    /// <param name="version">Major version.</param>
    /// <param name="groups">Roles to ask membership of.</param>
    /// <param name="inherit">Whether INHERIT has to be equal.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IReadOnlyList<string>> ReadAsync(
        NpgsqlConnection connection, int version, string[] groups, bool inherit, CancellationToken cancellationToken)
    {
        var sql = Sweep + (version >= 15 ? Parameters : "") + (version >= 18 ? LargeObjects : "");
        List<string> lines = [];
        await using (var command = new NpgsqlCommand(sql, connection))
        {
            string[] table = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];
            command.Parameters.AddWithValue("table", version >= 17 ? [.. table, "MAINTAIN"] : table);
            string[] member = ["MEMBER", "USAGE", "MEMBER WITH ADMIN OPTION"];
            command.Parameters.AddWithValue("member", version >= 16 ? [.. member, "SET"] : member);
            command.Parameters.AddWithValue("groups", groups);
            command.Parameters.AddWithValue("inherit", inherit);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) lines.Add(reader.GetString(0));
        }
        lines.Add("large object read: " + await AttemptAsync(connection, "SELECT lo_get(77001)::text", cancellationToken));
        lines.Add(await AttemptAsync(connection, Made, cancellationToken) ?? "");
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static async Task<string?> AttemptAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return (string?)await command.ExecuteScalarAsync(cancellationToken);
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
        finally
        {
            await using var end = new NpgsqlCommand("ROLLBACK", connection);
            await end.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
