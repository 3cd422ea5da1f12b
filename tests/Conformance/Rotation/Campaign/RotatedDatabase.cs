using Rekey.Conformance.Engines;
using Rekey.Conformance.Engines.Redis;
using Xunit;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>A real server of the test's own, one strategy on it, and how the server dies and comes back.</summary>
internal sealed class RotatedDatabase : IAsyncDisposable
{
    private readonly IAsyncDisposable _server;
    private readonly IDisposable? _authority;

    private RotatedDatabase(IAsyncDisposable server, IDisposable? authority = null) => (_server, _authority) = (server, authority);

    public required CampaignTarget Target { get; init; }

    /// <summary>Kills it as a power cut would; of a replica set, the primary.</summary>
    public required Func<Task> CrashAsync { get; init; }

    /// <summary>Starts it again after that, at the same port. Ends when it serves.</summary>
    public required Func<CancellationToken, Task> RestartAsync { get; init; }

    /// <summary>Starts one. Skips the test where the server is missing.</summary>
    public static Task<RotatedDatabase> StartAsync(DatabaseKind kind, Strategy strategy, bool ownerRole = false) => kind switch
    {
        DatabaseKind.MariaDb => MariaDbAsync(strategy),
        DatabaseKind.MySql9 => MySql9Async(strategy),
        DatabaseKind.MySql56 => MySql56Async(strategy),
        DatabaseKind.Postgres13 => PostgresAsync(13, strategy, ownerRole),
        DatabaseKind.Postgres15 => PostgresAsync(15, strategy, ownerRole),
        DatabaseKind.Postgres18 => PostgresAsync(18, strategy, ownerRole),
        DatabaseKind.MongoDb => MongoDbAsync(strategy),
        DatabaseKind.Redis7 => RedisAsync(RedisKind.Redis7, strategy, "redis"),
        DatabaseKind.Valkey8 => RedisAsync(RedisKind.Valkey8, strategy, "valkey"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _authority?.Dispose();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A server that blocks whoever breaks off too many handshakes would block the tests that cut connections.</summary>
    private static PrivateServerSetup Patient(PrivateServerSetup setup) => setup with { Settings = ["--max-connect-errors=1000000"] };

    private static async Task<RotatedDatabase> MariaDbAsync(Strategy strategy)
    {
        var server = await PrivateMariaDb.StartAsync(Patient(new PrivateServerSetup()), Cancel);
        return Of(server, CampaignTargets.MariaDb(server, strategy));
    }

    private static async Task<RotatedDatabase> MySql9Async(Strategy strategy)
    {
        var authority = new TestAuthority();
        var server = await PrivateMySql.StartAsync(Patient(PrivateServerSetup.WithTls(authority)), Cancel);
        return Of(server, CampaignTargets.MySql(server, strategy, authority.CaFile), authority);
    }

    private static async Task<RotatedDatabase> MySql56Async(Strategy strategy)
    {
        var server = await PrivateMySql56.StartAsync(Patient(new PrivateServerSetup()), Cancel);
        return Of(server, CampaignTargets.MySql(server, strategy, caFile: null));
    }

    private static async Task<RotatedDatabase> PostgresAsync(int version, Strategy strategy, bool ownerRole)
    {
        var server = await PrivatePostgres.StartAsync(version, Cancel);
        return new(server)
        {
            Target = CampaignTargets.Postgres(server, strategy, ownerRole),
            CrashAsync = server.CrashAsync,
            RestartAsync = server.StartAsync,
        };
    }

    private static async Task<RotatedDatabase> MongoDbAsync(Strategy strategy)
    {
        var server = await PrivateMongo.StartSetAsync(3, Cancel);
        var first = await server.FindPrimaryAsync(Cancel);
        return new(server)
        {
            Target = CampaignTargets.MongoDb(server, strategy, first.Port),
            CrashAsync = async () => await (await server.FindPrimaryAsync(Cancel)).CrashAsync(),
            RestartAsync = async cancellationToken =>
            {
                foreach (var member in server.Members.Where(member => !member.IsRunning)) await member.StartAsync(cancellationToken);
                await server.SettleAsync(cancellationToken);
            },
        };
    }

    private static async Task<RotatedDatabase> RedisAsync(RedisKind kind, Strategy strategy, string engine)
    {
        var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup(), Cancel);
        return new(server)
        {
            Target = CampaignTargets.Redis(server, strategy, engine),
            CrashAsync = server.CrashAsync,
            RestartAsync = server.StartAsync,
        };
    }

    private static RotatedDatabase Of(PrivateServer server, CampaignTarget target, IDisposable? authority = null) => new(server, authority)
    {
        Target = target,
        CrashAsync = server.CrashAsync,
        RestartAsync = server.StartAsync,
    };
}
