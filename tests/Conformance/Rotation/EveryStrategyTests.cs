using Rekey.Conformance.Engines;
using Rekey.Conformance.Engines.Redis;
using Rekey.Conformance.Rotation.Campaign;
using Rekey.Conformance.Storage;
using Xunit;

namespace Rekey.Conformance.Rotation;

/// <summary>
/// Every strategy on every server that can be had: many rotations each, while an application logs in with AWSCURRENT all the time.
/// 200 with <c>./test --long</c>.
/// </summary>
public sealed class EveryStrategyTests(PostgresStore stores) : IClassFixture<PostgresStore>
{
    private static readonly int Rotations = Environment.GetEnvironmentVariable("REKEY_TEST_LONG") is null ? 30 : 200;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Strategy.SingleUser)]
    [InlineData(Strategy.SingleUserBySuperuser)]
    [InlineData(Strategy.AlternatingUsers)]
    public async Task MariaDb(Strategy strategy)
    {
        await using var server = await PrivateMariaDb.StartAsync(new PrivateServerSetup(), Cancel);
        await RotationCampaign.RunAsync(CampaignTargets.MariaDb(server, strategy), Rotations);
    }

    [Theory]
    [InlineData(Strategy.SingleUser)]
    [InlineData(Strategy.SingleUserBySuperuser)]
    [InlineData(Strategy.AlternatingUsers)]
    public async Task MySql9(Strategy strategy)
    {
        using var authority = new TestAuthority();
        await using var server = await PrivateMySql.StartAsync(PrivateServerSetup.WithTls(authority), Cancel);
        await RotationCampaign.RunAsync(CampaignTargets.MySql(server, strategy, authority.CaFile), Rotations);
    }

    [Fact]
    public async Task OnPostgresStore()
    {
        await using var server = await PrivateMariaDb.StartAsync(new PrivateServerSetup(), Cancel);
        var target = CampaignTargets.MariaDb(server, Strategy.AlternatingUsers);
        await RotationCampaign.RunAsync(target, Rotations, await stores.CreateDatabaseAsync(Cancel));
    }

    [Theory]
    [InlineData(Strategy.SingleUser)]
    [InlineData(Strategy.AlternatingUsers)]
    public async Task MySql56(Strategy strategy)
    {
        await using var server = await PrivateMySql56.StartAsync(new PrivateServerSetup(), Cancel);
        await RotationCampaign.RunAsync(CampaignTargets.MySql(server, strategy, caFile: null), Rotations);
    }

    [Theory]
    [InlineData(13, Strategy.SingleUser)]
    [InlineData(13, Strategy.AlternatingUsers)]
    [InlineData(15, Strategy.SingleUser)]
    [InlineData(15, Strategy.AlternatingUsers)]
    [InlineData(18, Strategy.SingleUser)]
    [InlineData(18, Strategy.AlternatingUsers)]
    public async Task Postgres(int version, Strategy strategy)
    {
        await using var server = await PrivatePostgres.StartAsync(version, Cancel);
        await RotationCampaign.RunAsync(CampaignTargets.Postgres(server, strategy), Rotations);
    }

    [Theory]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task PostgresWithOwnerRole(int version)
    {
        await using var server = await PrivatePostgres.StartAsync(version, Cancel);
        await RotationCampaign.RunAsync(CampaignTargets.Postgres(server, Strategy.AlternatingUsers, ownerRole: true), Rotations);
    }

    [Theory]
    [InlineData(Strategy.SingleUser)]
    [InlineData(Strategy.AlternatingUsers)]
    public async Task MongoDb(Strategy strategy)
    {
        await using var server = await PrivateMongo.StartSetAsync(3, Cancel);
        var primary = await server.FindPrimaryAsync(Cancel);
        await RotationCampaign.RunAsync(CampaignTargets.MongoDb(server, strategy, primary.Port), Rotations);
    }

    [Theory]
    [InlineData(RedisKind.Redis7, Strategy.SingleUserBySuperuser)]
    [InlineData(RedisKind.Redis7, Strategy.AlternatingUsers)]
    [InlineData(RedisKind.Valkey8, Strategy.SingleUserBySuperuser)]
    [InlineData(RedisKind.Valkey8, Strategy.AlternatingUsers)]
    public async Task Redis(RedisKind kind, Strategy strategy)
    {
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup(), Cancel);
        var engine = kind == RedisKind.Valkey8 ? "valkey" : "redis";
        await RotationCampaign.RunAsync(CampaignTargets.Redis(server, strategy, engine), Rotations);
    }
}
