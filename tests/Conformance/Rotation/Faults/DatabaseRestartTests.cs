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
        await using var deadly = new DeadlyProxy(database.Target.Port, Cancel);
        var target = database.Target.Through(deadly.Port);
        var directory = Directory.CreateTempSubdirectory("rekey-restarts-").FullName;
        try
        {
            await using var server = await ServerProcess.StartAsync(directory, Cancel, ConnectionCuts.Impatient(target));
            // The first rotation is not disturbed: it tells how many messages there are.
            await RotateAsync(server, target, "u0");
            var messages = deadly.Seen;
            messages.ShouldBeGreaterThan(places);
            var deaths = 0;
            for (var place = 1; place <= places; place++)
            {
                var fatal = 1 + (messages * 9 / 10 - 1) * (place - 1) / (places - 1);
                var died = deadly.ArmAt(fatal);
                var rotated = RotateAsync(server, target, $"u{place}");
                await Task.WhenAny(died, rotated);
                if (!died.IsCompleted)
                {
                    // Sent in fewer pieces than the first one.
                    await rotated;
                    deadly.Revive();
                    continue;
                }
                deaths++;
                await database.CrashAsync();
                await database.RestartAsync(Cancel);
                deadly.Revive();
                await rotated;
                await Convergence.DemandAsync(
                    server, target, $"u{place}", CampaignServer.TokenOf(1), AttemptsMax, $"killed at message {fatal} of {messages}");
            }
            deaths.ShouldBeGreaterThan(places / 2);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task RotateAsync(ServerProcess server, CampaignTarget target, string name)
    {
        await target.CreateUser(name, CampaignTarget.FirstPassword, Cancel);
        await CampaignServer.CreateSecretsAsync(server, target, name, name, Cancel);
        await CampaignServer.RotateAsync(server, target, name, Cancel);
    }
}
