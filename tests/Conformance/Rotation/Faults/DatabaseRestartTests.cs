using Rekey.Conformance.Engines;
using Rekey.Conformance.Rotation.Campaign;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>The database is killed at a message of a rotation and comes back: the rotation ends by itself.</summary>
public sealed class DatabaseRestartTests
{
    private const int AttemptsMax = 3;
    private const int Places = 6;
    private const int PlacesOfCampaign = 24;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.MariaDb, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MySql9, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres15, Strategy.SingleUser)]
    [InlineData(DatabaseKind.Postgres15, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Redis7, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.Valkey8, Strategy.AlternatingUsers)]
    public Task Restarted_InTheMiddle(DatabaseKind kind, Strategy strategy) => RestartAsync(kind, strategy, Places);

    [Theory(Explicit = true)]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MariaDb, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MySql9, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MySql9, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.MySql9, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MySql56, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MySql56, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres13, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres18, Strategy.SingleUser)]
    [InlineData(DatabaseKind.Postgres18, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Redis7, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Valkey8, Strategy.SingleUserBySuperuser)]
    public Task Restarted_AtManyPlaces(DatabaseKind kind, Strategy strategy) => RestartAsync(kind, strategy, PlacesOfCampaign);

    private static async Task RestartAsync(DatabaseKind kind, Strategy strategy, int places)
    {
        await using var database = await RotatedDatabase.StartAsync(kind, strategy);
        using var serves = new ManualResetEventSlim(initialState: true);
        var (seen, fatal) = (0, int.MaxValue);
        var crashed = new TaskCompletionSource();
        // Whoever connects while the server is away is kept waiting, as by a load balancer.
        await using var proxy = new TcpProxy(
            _ =>
            {
                serves.Wait(Cancel);
                return database.Target.Port;
            },
            (_, _) =>
            {
                if (Interlocked.Increment(ref seen) != Volatile.Read(ref fatal)) return TcpProxy.Cut.None;
                serves.Reset();
                crashed.SetResult();
                return TcpProxy.Cut.AfterServer;
            });
        var target = database.Target.Through(proxy.Port);
        var directory = Directory.CreateTempSubdirectory("rekey-restarts-").FullName;
        try
        {
            await using var server = await ServerProcess.StartAsync(directory, Cancel, ConnectionCuts.Impatient(target));
            var messages = 0;
            for (var place = 0; place <= places; place++)
            {
                var name = $"u{place}";
                await target.CreateUser(name, CampaignTarget.FirstPassword, Cancel);
                await CampaignServer.CreateSecretsAsync(server, target, name, name, Cancel);
                crashed = new TaskCompletionSource();
                Interlocked.Exchange(ref seen, 0);
                // The first rotation is not disturbed: it tells how many messages there are.
                Volatile.Write(ref fatal, place == 0 ? int.MaxValue : 1 + (messages - 1) * (place - 1) / (places - 1));
                await StartRotationAsync(server, target, name);
                if (place > 0)
                {
                    await crashed.Task.WaitAsync(Cancel);
                    await database.CrashAsync();
                    await database.RestartAsync(Cancel);
                    serves.Set();
                }
                await server.UntilIdleAsync(name, Cancel);
                if (place == 0) messages = Volatile.Read(ref seen);
                await Convergence.DemandAsync(
                    server, target, name, CampaignServer.TokenOf(1), AttemptsMax, $"killed at message {fatal} of {messages}");
            }
            messages.ShouldBeGreaterThan(5);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task StartRotationAsync(ServerProcess server, CampaignTarget target, string name) => await server.OkAsync(
        "RotateSecret",
        new { SecretId = name, ClientRequestToken = CampaignServer.TokenOf(1), RotationLambdaARN = target.FunctionArn }, Cancel);
}
