using Rekey.Conformance.Engines;
using Rekey.Conformance.Engines.Redis;
using Rekey.Conformance.Rotation.Campaign;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>
/// The server is killed with SIGKILL at each boundary of each step, on a real database. At the moment of death a stored version logs in,
/// and AWSCURRENT does wherever the strategy has no gap; after the restart the rotation ends by itself, with nothing locked out and no
/// AWSPENDING left.
/// </summary>
public sealed class CrashTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Strategy.SingleUser)]
    [InlineData(Strategy.SingleUserBySuperuser)]
    [InlineData(Strategy.AlternatingUsers)]
    public async Task MariaDb(Strategy strategy)
    {
        await using var server = await PrivateMariaDb.StartAsync(new PrivateServerSetup(), Cancel);
        await Crashes.RunAsync(CampaignTargets.MariaDb(server, strategy));
    }

    [Theory]
    [InlineData(Strategy.SingleUser)]
    [InlineData(Strategy.AlternatingUsers)]
    public async Task Postgres(Strategy strategy)
    {
        await using var server = await PrivatePostgres.StartAsync(15, Cancel);
        await Crashes.RunAsync(CampaignTargets.Postgres(server, strategy));
    }

    [Theory(Explicit = true)]
    [InlineData(13)]
    [InlineData(18)]
    public async Task OtherPostgres(int version)
    {
        await using var server = await PrivatePostgres.StartAsync(version, Cancel);
        await Crashes.RunAsync(CampaignTargets.Postgres(server, Strategy.AlternatingUsers, ownerRole: version == 18));
    }

    [Theory(Explicit = true)]
    [InlineData(Strategy.SingleUser)]
    [InlineData(Strategy.SingleUserBySuperuser)]
    [InlineData(Strategy.AlternatingUsers)]
    public async Task MySql9(Strategy strategy)
    {
        using var authority = new TestAuthority();
        await using var server = await PrivateMySql.StartAsync(PrivateServerSetup.WithTls(authority), Cancel);
        await Crashes.RunAsync(CampaignTargets.MySql(server, strategy, authority.CaFile));
    }

    [Theory(Explicit = true)]
    [InlineData(Strategy.SingleUser)]
    [InlineData(Strategy.AlternatingUsers)]
    public async Task MongoDb(Strategy strategy)
    {
        await using var server = await PrivateMongo.StartSetAsync(3, Cancel);
        await Crashes.RunAsync(CampaignTargets.MongoDb(server, strategy, (await server.FindPrimaryAsync(Cancel)).Port));
    }

    [Theory(Explicit = true)]
    [InlineData(RedisKind.Redis7, Strategy.SingleUserBySuperuser)]
    [InlineData(RedisKind.Redis7, Strategy.AlternatingUsers)]
    [InlineData(RedisKind.Valkey8, Strategy.SingleUserBySuperuser)]
    [InlineData(RedisKind.Valkey8, Strategy.AlternatingUsers)]
    public async Task Redis(RedisKind kind, Strategy strategy)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup(), Cancel);
        await Crashes.RunAsync(CampaignTargets.Redis(server, strategy, kind == RedisKind.Valkey8 ? "valkey" : "redis"));
    }
}
