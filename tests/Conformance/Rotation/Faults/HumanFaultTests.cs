using System.Text.Json.Nodes;
using Rekey.Conformance.Rotation.Campaign;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>What people do around rotations on real servers: wrong superusers, changed rights, two secrets of one user.</summary>
public sealed class HumanFaultTests
{
    private const int AttemptsMax = 3;

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.MariaDb, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MySql9, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MySql56, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres13, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres18, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MongoDb, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Redis7, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Valkey8, Strategy.SingleUserBySuperuser)]
    public Task WrongSuperuser_LocksNobodyOut_AndTheMendedOneConverges(DatabaseKind kind, Strategy strategy) =>
        PlayAsync(kind, strategy, async (server, target) =>
        {
            var first = await CampaignServer.CreateSecretsAsync(server, target, "app", "app", Cancel);
            await PutSuperuserAsync(server, target, "not-the-password", version: 7);
            await RotateAsync(server, target, "app", 1);
            var ended = await UntilEndedAsync(server, "app");
            ended["Cause"]!.GetValue<string>().ShouldBe("Auth", ended.ToJsonString());
            ended["Events"]!.AsArray().Max(entry => entry!["Attempt"]!.GetValue<int>()).ShouldBeLessThanOrEqualTo(2);
            (await target.LogsInAsync(first, Cancel)).ShouldBeTrue();

            await PutSuperuserAsync(server, target, target.Superuser!.Value.Password, version: 8);
            await RotateAsync(server, target, "app", 1);
            await server.UntilIdleAsync("app", Cancel);
            await Convergence.DemandAsync(server, target, "app", CampaignServer.TokenOf(1), AttemptsMax, "superuser mended");
        });

    [Theory]
    [InlineData(DatabaseKind.MariaDb)]
    [InlineData(DatabaseKind.MySql9)]
    [InlineData(DatabaseKind.MySql56)]
    [InlineData(DatabaseKind.Postgres13)]
    [InlineData(DatabaseKind.Postgres15)]
    [InlineData(DatabaseKind.Postgres18)]
    [InlineData(DatabaseKind.MongoDb)]
    [InlineData(DatabaseKind.Redis7)]
    [InlineData(DatabaseKind.Valkey8)]
    public Task RightsChangedBetweenRotations_AreThoseOfTheBaseAgain(DatabaseKind kind) =>
        PlayAsync(kind, Strategy.AlternatingUsers, async (server, target) =>
        {
            await CampaignServer.CreateSecretsAsync(server, target, "app", "app", Cancel);
            // Which of the pair changes, and whether it gets the right or loses it; null: nothing does.
            (string User, bool More)?[] changes =
                [null, ("app", true), ("app_clone", false), ("app", false), ("app_clone", true), null, ("app", true), ("app", false)];
            foreach (var (index, change) in changes.Index())
            {
                if (change is { } made)
                {
                    var user = made.User == "app" ? "app" : "app" + target.Engine.CloneSuffix;
                    await target.ChangeRights!(user, made.More, Cancel);
                }
                await RotateAsync(server, target, "app", index + 1);
                await server.UntilIdleAsync("app", Cancel);
                await Convergence.DemandAsync(server, target, "app", CampaignServer.TokenOf(index + 1), 1, $"after change {index}");
            }
        });

    [Theory]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MariaDb, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MySql9, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.Postgres15, Strategy.SingleUser)]
    [InlineData(DatabaseKind.Postgres15, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MongoDb, Strategy.SingleUser)]
    [InlineData(DatabaseKind.Redis7, Strategy.AlternatingUsers)]
    public Task W10_TwoSecretsOfOneUserAtOnce_OneRotates_AndTheOtherTouchesNothing(DatabaseKind kind, Strategy strategy) =>
        PlayAsync(kind, strategy, async (server, target) =>
        {
            string[] secrets = ["one", "two"];
            foreach (var secret in secrets) await CampaignServer.CreateSecretsAsync(server, target, secret, "app", Cancel);
            await Task.WhenAll(secrets.Select(secret => RotateAsync(server, target, secret, 1)));
            foreach (var secret in secrets) await UntilEndedAsync(server, secret);

            List<string> rotated = [];
            foreach (var secret in secrets)
            {
                var labels = (await server.OkAsync("DescribeSecret", new { SecretId = secret }, Cancel))["VersionIdsToStages"]!;
                labels.ToJsonString().ShouldNotContain("AWSPENDING", customMessage: secret);
                if (labels[CampaignServer.TokenOf(1)]?.ToJsonString().Contains("AWSCURRENT") == true) rotated.Add(secret);
            }
            rotated.Count.ShouldBe(1, string.Join(' ', rotated));
            var current = (await server.OkAsync("GetSecretValue", new { SecretId = rotated[0] }, Cancel))["SecretString"]!;
            (await target.LogsInAsync(current.GetValue<string>(), Cancel)).ShouldBeTrue();
        });

    [Theory]
    [InlineData(DatabaseKind.MariaDb)]
    [InlineData(DatabaseKind.MySql9)]
    [InlineData(DatabaseKind.Postgres15)]
    [InlineData(DatabaseKind.MongoDb)]
    [InlineData(DatabaseKind.Redis7)]
    public Task SuperuserThatRotatesItself_WhileItActs_FailsNobody(DatabaseKind kind) =>
        PlayAsync(kind, Strategy.AlternatingUsers, async (server, target) =>
        {
            const int Rounds = 5;
            await CampaignServer.CreateSecretsAsync(server, target, "app", "app", Cancel);
            var superuser = target with { FunctionName = target.LoginFunctionName };
            // The test itself cannot look at the rights as the superuser, whose password it no longer knows.
            target = target with { DemandEqualRights = null };
            for (var round = 1; round <= Rounds; round++)
            {
                await Task.WhenAll(
                    RotateAsync(server, target, "app", round), RotateAsync(server, superuser, "app-superuser", round));
                await server.UntilIdleAsync("app", Cancel);
                await server.UntilIdleAsync("app-superuser", Cancel);
                await Convergence.DemandAsync(server, target, "app", CampaignServer.TokenOf(round), AttemptsMax, $"round {round}");
                var value = (await server.OkAsync("GetSecretValue", new { SecretId = "app-superuser" }, Cancel));
                value["VersionId"]!.GetValue<string>().ShouldBe(CampaignServer.TokenOf(round));
                (await target.LogsInAsync(value["SecretString"]!.GetValue<string>(), Cancel)).ShouldBeTrue();
            }
        });

    private static async Task PlayAsync(DatabaseKind kind, Strategy strategy, Func<ServerProcess, CampaignTarget, Task> play)
    {
        await using var database = await RotatedDatabase.StartAsync(kind, strategy);
        var directory = Directory.CreateTempSubdirectory("rekey-faults-").FullName;
        try
        {
            await using var server = await ServerProcess.StartAsync(directory, Cancel, ConnectionCuts.Impatient(database.Target));
            await database.Target.CreateUser("app", CampaignTarget.FirstPassword, Cancel);
            await play(server, database.Target);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Whatever is answered: a refusal takes a previous rotation up again.</summary>
    private static async Task RotateAsync(ServerProcess server, CampaignTarget target, string secret, int rotation) =>
        await server.CallAsync(
            "RotateSecret",
            new { SecretId = secret, ClientRequestToken = CampaignServer.TokenOf(rotation), RotationLambdaARN = target.FunctionArn },
            Cancel);

    private static async Task PutSuperuserAsync(ServerProcess server, CampaignTarget target, string password, int version) =>
        await server.OkAsync(
            "PutSecretValue",
            new
            {
                SecretId = "app-superuser",
                ClientRequestToken = $"10000000-0000-0000-0000-00000000000{version}",
                SecretString = target.SecretString(target.Superuser!.Value.Name, password),
            }, Cancel);

    /// <summary>Waits until the rotation is over or waits for a human.</summary>
    private static async Task<JsonNode> UntilEndedAsync(ServerProcess server, string secret)
    {
        while (true)
        {
            var progress = await server.RekeyAsync("DescribeRotation", new { SecretId = secret }, Cancel);
            if (progress["State"]!.GetValue<string>() is "Idle" or "Parked") return progress;
            await Task.Delay(s_poll, TimeProvider.System, Cancel);
        }
    }
}
