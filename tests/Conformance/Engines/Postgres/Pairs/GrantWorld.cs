using System.Runtime.CompilerServices;

namespace Rekey.Conformance.Engines.Postgres.Pairs;

/// <summary>
/// The objects that random rights are given on, one or more of every kind, under names that need quoting. Made once a server, in two
/// databases.
/// </summary>
internal static class GrantWorld
{
    public const string OtherDatabase = "grants \"elsewhere\"; --";
    public const string Owner = "grants' owner";

    private static readonly ConditionalWeakTable<PrivatePostgres, Lazy<Task>> Made = [];

    private const string Objects =
        """"
        CREATE SCHEMA "grants's ""first""" AUTHORIZATION "grants' owner";
        CREATE SCHEMA "grants TO second" AUTHORIZATION "grants' owner";
        CREATE SCHEMA "grants open" AUTHORIZATION "grants' owner";
        GRANT ALL ON SCHEMA "grants open" TO PUBLIC;
        SET ROLE "grants' owner";
        CREATE TABLE "grants's ""first"""."orders; --" (id int, "price ""€""" int, "o'k" text);
        CREATE TABLE "grants TO second"."имя" (id int, b int);
        CREATE VIEW "grants TO second".v AS SELECT 1 AS one;
        CREATE MATERIALIZED VIEW "grants TO second"."m TO x" AS SELECT 1 AS one;
        CREATE TABLE "grants TO second".parts (id int) PARTITION BY RANGE (id);
        CREATE SEQUENCE "grants's ""first"""."se""q";
        CREATE TYPE "grants's ""first"""."mood's" AS ENUM ('x');
        CREATE DOMAIN "grants TO second"."do""main" AS int;
        CREATE FUNCTION "grants's ""first"""."f""n"(a int, b "grants's ""first"""."mood's"[], VARIADIC c text[])
          RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION "grants's ""first"""."f""n"() RETURNS TABLE (x int) LANGUAGE sql AS 'SELECT 1';
        CREATE PROCEDURE "grants TO second"."pr'oc"(a int, INOUT b "grants TO second"."do""main") LANGUAGE sql AS 'SELECT 1';
        CREATE AGGREGATE "grants TO second"."agg"(int) (SFUNC = int4pl, STYPE = int);
        RESET ROLE;
        REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA "grants's ""first""", "grants TO second" FROM PUBLIC;
        REVOKE USAGE ON TYPE "grants's ""first"""."mood's" FROM PUBLIC;
        REVOKE USAGE ON DOMAIN "grants TO second"."do""main" FROM PUBLIC;
        CREATE FOREIGN DATA WRAPPER "grants fdw""";
        CREATE SERVER "grants server'" FOREIGN DATA WRAPPER "grants fdw""";
        SELECT lo_create(77001);
        """";

    /// <summary>What precedes a grantee, with the privileges that may be picked.</summary>
    public static IReadOnlyList<(string[] Privileges, string Target)> Grantable(int version) =>
    [
        (["USAGE", "CREATE"], """"SCHEMA "grants's ""first""" """"),
        (["USAGE", "CREATE"], """"SCHEMA "grants TO second" """"),
        ([.. Table(version)], """"TABLE "grants's ""first"""."orders; --" """"),
        ([.. Table(version)], """"TABLE "grants TO second"."имя" """"),
        (["SELECT", "INSERT", "UPDATE"], """"TABLE "grants TO second".v """"),
        (["SELECT"], """"TABLE "grants TO second"."m TO x" """"),
        ([.. Table(version)], """"TABLE "grants TO second".parts """"),
        ([""""SELECT ("price ""€""")"""", """UPDATE ("o'k")""", """INSERT ("o'k")""", "REFERENCES (id)"],
            """"TABLE "grants's ""first"""."orders; --" """"),
        (["USAGE", "SELECT", "UPDATE"], """"SEQUENCE "grants's ""first"""."se""q" """"),
        (["EXECUTE"], """"FUNCTION "grants's ""first"""."f""n"(int, "grants's ""first"""."mood's"[], VARIADIC text[]) """"),
        (["EXECUTE"], """"FUNCTION "grants's ""first"""."f""n"() """"),
        (["EXECUTE"], """"PROCEDURE "grants TO second"."pr'oc"(int, "grants TO second"."do""main") """"),
        (["EXECUTE"], """"FUNCTION "grants TO second"."agg"(int) """"),
        (["USAGE"], """"TYPE "grants's ""first"""."mood's" """"),
        (["USAGE"], """"DOMAIN "grants TO second"."do""main" """"),
        (["USAGE"], """"FOREIGN DATA WRAPPER "grants fdw""" """"),
        (["USAGE"], """"FOREIGN SERVER "grants server'" """"),
        (["SELECT", "UPDATE"], "LARGE OBJECT 77001 "),
        (["CREATE", "CONNECT", "TEMPORARY"], $"DATABASE {PostgresPair.Quoted(OtherDatabase)} "),
        (["CREATE", "TEMPORARY"], "DATABASE postgres "),
        (["CREATE"], "TABLESPACE pg_default "),
        .. version >= 15 ? [(["SET", "ALTER SYSTEM"], "PARAMETER log_statement ")] : Array.Empty<(string[], string)>(),
    ];

    public static Task EnsureAsync(PrivatePostgres server) =>
        Made.GetValue(server, _ => new Lazy<Task>(() => MakeAsync(server))).Value;

    private static async Task MakeAsync(PrivatePostgres server)
    {
        var stop = CancellationToken.None;
        await server.ExecuteAsync($"CREATE ROLE {PostgresPair.Quoted(Owner)} NOLOGIN", stop);
        await server.ExecuteAsync($"CREATE DATABASE {PostgresPair.Quoted(OtherDatabase)}", stop);
        await server.ExecuteAsync($"SET client_min_messages = error; {Objects}", stop);
        await server.ExecuteAsync($"SET client_min_messages = error; {Objects}", stop, OtherDatabase);
    }

    private static IEnumerable<string> Table(int version) =>
    [
        "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER",
        .. version >= 17 ? ["MAINTAIN"] : Array.Empty<string>(),
    ];
}
