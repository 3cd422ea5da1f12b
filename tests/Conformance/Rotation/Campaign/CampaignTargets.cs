using System.Text.Json.Nodes;
using Rekey.Conformance.Engines;
using Rekey.Conformance.Engines.MongoDb;
using Rekey.Conformance.Engines.Redis;
using Rekey.Rotators;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>The strategies that there are, on the servers that can be had.</summary>
internal static class CampaignTargets
{
    public static CampaignTarget MariaDb(PrivateMariaDb server, Strategy strategy) =>
        MySqlFamily(DatabaseEngine.MariaDb, "MariaDB", server, strategy, caFile: null);

    public static CampaignTarget MySql(PrivateServer server, Strategy strategy, string? caFile) =>
        MySqlFamily(DatabaseEngine.MySql, "MySQL", server, strategy, caFile);

    public static CampaignTarget Postgres(PrivatePostgres server, Strategy strategy, bool ownerRole = false) => new()
    {
        Engine = DatabaseEngine.Postgres,
        FunctionName = NameOf("RDSPostgreSQL", strategy),
        LoginFunctionName = NameOf("RDSPostgreSQL", Strategy.SingleUser),
        Host = PrivatePostgres.Host,
        Port = server.Port,
        Superuser = strategy == Strategy.SingleUser ? null : (PrivatePostgres.Superuser, server.SuperuserPassword),
        IsGapless = strategy == Strategy.AlternatingUsers,
        Settings = ownerRole ? new JsonObject { ["PostgresClone"] = "ownerRole", ["OwnerRole"] = "owner" } : null,
        CreateUser = async (name, password, cancellationToken) =>
        {
            await server.ExecuteAsync(
                $"""
                CREATE ROLE {name} LOGIN PASSWORD '{password}' CONNECTION LIMIT 50;
                CREATE TABLE {name}_orders (id int);
                GRANT SELECT, INSERT ON {name}_orders TO {name};
                ALTER ROLE {name} SET work_mem = '8MB';
                CREATE TABLE IF NOT EXISTS audit (id int)
                """, cancellationToken);
            if (!ownerRole) return;
            if (await server.ExecuteAsync("SELECT 1 FROM pg_roles WHERE rolname = 'owner'", cancellationToken) is null)
                await server.ExecuteAsync("CREATE ROLE owner NOLOGIN", cancellationToken);
            await server.ExecuteAsync($"GRANT owner TO {name}", cancellationToken);
        },
        DemandEqualRights = strategy == Strategy.AlternatingUsers ? new PostgresRights(server).DemandEqualAsync : null,
        ChangeRights = (user, more, cancellationToken) => server.ExecuteAsync(
            $"{(more ? "GRANT" : "REVOKE")} DELETE ON audit {(more ? "TO" : "FROM")} {user}", cancellationToken),
    };

    public static CampaignTarget Redis(PrivateRedis server, Strategy strategy, string engine) => new()
    {
        Engine = DatabaseEngine.Redis,
        FunctionName = NameOf("Redis", strategy),
        LoginFunctionName = NameOf("Redis", Strategy.SingleUser),
        EngineName = engine,
        Host = PrivateRedis.Host,
        Port = server.Port,
        Superuser = (PrivateRedis.Admin, server.AdminPassword),
        IsGapless = true,
        CreateUser = async (name, password, cancellationToken) =>
        {
            await server.ExecuteAsync(
                cancellationToken, "ACL", "SETUSER", name, "on", $">{password}", "~shop:*", "&news", "+@read", "+@connection");
            await server.ExecuteAsync(cancellationToken, "CONFIG", "REWRITE");
        },
        DemandEqualRights = strategy == Strategy.AlternatingUsers ? new RedisRights(server).DemandEqualAsync : null,
        ChangeRights = (user, more, cancellationToken) =>
            server.ExecuteAsync(cancellationToken, "ACL", "SETUSER", user, more ? "+del" : "-del"),
    };

    /// <param name="port">That of the primary, or of a proxy before it.</param>
    public static CampaignTarget MongoDb(PrivateMongo server, Strategy strategy, int port) => new()
    {
        Engine = DatabaseEngine.MongoDb,
        FunctionName = NameOf("MongoDB", strategy),
        LoginFunctionName = NameOf("MongoDB", Strategy.SingleUser),
        Host = PrivateMongo.Host,
        Port = port,
        Superuser = strategy == Strategy.SingleUser ? null : (PrivateMongo.Admin, server.AdminPassword),
        IsGapless = strategy == Strategy.AlternatingUsers,
        CreateUser = (name, password, cancellationToken) =>
            MongoAccount.CreateAsync(server, cancellationToken, name, password: password),
        DemandEqualRights = strategy == Strategy.AlternatingUsers ? new MongoRights(server).DemandEqualAsync : null,
        ChangeRights = new MongoRights(server).ChangeAsync,
        MakesClonesWithRights = true,
    };

    private static CampaignTarget MySqlFamily(
        DatabaseEngine engine, string name, PrivateServer server, Strategy strategy, string? caFile) => new()
        {
            Engine = engine,
            FunctionName = NameOf($"RDS{name}", strategy),
            LoginFunctionName = NameOf($"RDS{name}", Strategy.SingleUser),
            Host = PrivateServer.Host,
            Port = server.Port,
            CaFile = caFile,
            Superuser = strategy == Strategy.SingleUser ? null : (PrivateServer.Admin, server.AdminPassword),
            IsGapless = strategy != Strategy.SingleUser,
            CreateUser = (user, password, cancellationToken) => server.ExecuteAllAsync(
                [
                    $"CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'",
                    "CREATE DATABASE IF NOT EXISTS shop",
                    "CREATE TABLE IF NOT EXISTS shop.orders (id INT, total INT)",
                    $"GRANT SELECT, INSERT (id) ON shop.orders TO '{user}'@'%'",
                    $"GRANT EXECUTE ON shop.* TO '{user}'@'%' WITH GRANT OPTION",
                ],
                cancellationToken),
            DemandEqualRights = strategy == Strategy.AlternatingUsers ? new MySqlRights(server).DemandEqualAsync : null,
            ChangeRights = (user, more, cancellationToken) => server.ExecuteAsync(
                $"{(more ? "GRANT" : "REVOKE")} DELETE ON shop.orders {(more ? "TO" : "FROM")} '{user}'@'%'", cancellationToken),
        };

    private static string NameOf(string engine, Strategy strategy) =>
        $"SecretsManager{engine}Rotation{(strategy == Strategy.AlternatingUsers ? "MultiUser" : "SingleUser")}";
}

/// <summary>How a user's password is changed.</summary>
public enum Strategy
{
    /// <summary>By the user itself.</summary>
    SingleUser,

    /// <summary>By the superuser, who can keep the old password beside the new one.</summary>
    SingleUserBySuperuser,

    /// <summary>Two users take turns.</summary>
    AlternatingUsers,
}
