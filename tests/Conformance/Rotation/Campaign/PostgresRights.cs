using Rekey.Conformance.Engines;
using Shouldly;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>What two roles may do, as the server's own has_..._privilege functions tell it: what the rotator does not ask.</summary>
internal sealed class PostgresRights(PrivatePostgres server)
{
    public async Task DemandEqualAsync(string one, string other, CancellationToken cancellationToken)
    {
        var expected = await ReadAsync(one, cancellationToken);
        expected.ShouldContain("SELECT");
        expected.ShouldContain("work_mem=8MB");
        (await ReadAsync(other, cancellationToken)).ShouldBe(expected);
    }

    private async Task<string> ReadAsync(string role, CancellationToken cancellationToken) =>
        (string)(await server.ExecuteAsync(
            $"""
            SELECT concat_ws(' ', r.rolcanlogin, r.rolinherit, r.rolconnlimit, r.rolcreatedb, r.rolbypassrls,
                (SELECT string_agg(setting, ',' ORDER BY setting) FROM pg_db_role_setting s, unnest(s.setconfig) setting
                    WHERE s.setrole = r.oid),
                (SELECT string_agg(c.relname || ':' || p, ',' ORDER BY c.relname, p)
                    FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
                    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND has_table_privilege(r.oid, c.oid, p)))
            FROM pg_roles r WHERE r.rolname = '{role}'
            """, cancellationToken))!;
}
