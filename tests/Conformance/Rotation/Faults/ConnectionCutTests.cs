using Rekey.Conformance.Engines;
using Rekey.Conformance.Engines.Redis;
using Rekey.Conformance.Rotation.Campaign;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

public sealed class ConnectionCutTests
{
    /// <summary>A server that blocks whoever breaks off too many handshakes would block the test.</summary>
    private static readonly PrivateServerSetup s_patient = new() { Settings = ["--max-connect-errors=1000000"] };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Strategy.SingleUser, nameof(TcpProxy.Cut.BeforeServer))]
    [InlineData(Strategy.SingleUser, nameof(TcpProxy.Cut.AfterServer))]
    [InlineData(Strategy.SingleUserBySuperuser, nameof(TcpProxy.Cut.AfterServer))]
    [InlineData(Strategy.AlternatingUsers, nameof(TcpProxy.Cut.BeforeServer))]
    [InlineData(Strategy.AlternatingUsers, nameof(TcpProxy.Cut.AfterServer))]
    public async Task MariaDb(Strategy strategy, string cut)
    {
        await using var server = await PrivateMariaDb.StartAsync(s_patient, Cancel);
        await ConnectionCuts.RunAsync(
            port => CampaignTargets.MariaDb(server, strategy).Through(port), server.Port, Enum.Parse<TcpProxy.Cut>(cut));
    }

    [Theory]
    [InlineData(Strategy.SingleUser, nameof(TcpProxy.Cut.BeforeServer))]
    [InlineData(Strategy.SingleUser, nameof(TcpProxy.Cut.AfterServer))]
    [InlineData(Strategy.AlternatingUsers, nameof(TcpProxy.Cut.BeforeServer))]
    [InlineData(Strategy.AlternatingUsers, nameof(TcpProxy.Cut.AfterServer))]
    public async Task Postgres(Strategy strategy, string cut)
    {
        await using var server = await PrivatePostgres.StartAsync(15, Cancel);
        await ConnectionCuts.RunAsync(
            port => CampaignTargets.Postgres(server, strategy).Through(port), server.Port, Enum.Parse<TcpProxy.Cut>(cut));
    }

    [Theory]
    [InlineData(Strategy.SingleUserBySuperuser)]
    [InlineData(Strategy.AlternatingUsers)]
    public async Task Redis(Strategy strategy)
    {
        await using var server = await PrivateRedis.StartAsync(RedisKind.Redis7, new PrivateRedisSetup(), Cancel);
        await ConnectionCuts.RunAsync(
            port => CampaignTargets.Redis(server, strategy, "redis").Through(port), server.Port, TcpProxy.Cut.AfterServer);
    }
}
