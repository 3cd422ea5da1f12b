using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>Between rotations a heartbeat proves that AWSCURRENT logs in, if the secret or the server asks for one.</summary>
public sealed class HeartbeatTests
{
    private static readonly RotationSettings s_hourly = new() { Heartbeat = TimeSpan.FromHours(1) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<UpkeepScene> HourlyAsync(RotationSettings? settings = null, string function = UpkeepScene.SingleUser)
    {
        var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        if (function != UpkeepScene.SingleUser) await scene.BindSuperuserAsync(Cancel);
        await scene.SetAsync(settings ?? s_hourly, Cancel);
        await scene.RotateAsync(Cancel, function: function);
        return scene;
    }

    [Fact]
    public async Task Heartbeat_LogsInEachPeriod_AndIsToldOnceADay()
    {
        await using var scene = await HourlyAsync();
        var before = Logins(scene);
        await scene.PassAsync(TimeSpan.FromDays(3), Cancel);
        (Logins(scene) - before).ShouldBe(72);
        scene.Count(RotationEventName.HeartbeatSucceeded).ShouldBeInRange(3, 4);
        scene.Target.Refused.ShouldBe(0);
        var task = scene.Task(UpkeepKind.Heartbeat)!;
        task.Outcome.ShouldBe(UpkeepOutcome.Succeeded);
        task.EndedAt!.Value.ShouldBeGreaterThan(scene.Server.Clock.GetUtcNow().AddHours(-1));
    }

    [Fact]
    public async Task WithoutASetting_NobodyLogsIn()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        var before = scene.Target.Done.Count;
        await scene.PassAsync(TimeSpan.FromDays(3), Cancel);
        scene.Target.Done.Count.ShouldBe(before);
    }

    [Theory]
    [InlineData("6", null, true)]
    [InlineData("6", 0.0, false)]
    [InlineData("0", 2.0, true)]
    public async Task ServersDefault_HoldsWhereTheSecretHasNone(string serverHours, double? ownHours, bool beats)
    {
        var directory = Directory.CreateTempSubdirectory("rekey-heartbeat-").FullName;
        try
        {
            var clock = new ManualClock();
            await using (var first = await UpkeepScene.StartAsync(
                Cancel, new TestServerOptions { DataDirectory = directory, Clock = clock }, overlaps: false))
            {
                await first.RotateAsync(Cancel);
                if (ownHours is { } own) await first.SetAsync(new RotationSettings { Heartbeat = TimeSpan.FromHours(own) }, Cancel);
            }
            // Set for secrets that rotate already: found at the start.
            var options = new TestServerOptions
            {
                DataDirectory = directory,
                Clock = clock,
                Settings = new Dictionary<string, string?> { ["Rekey:Rotation:HeartbeatHours"] = serverHours },
            };
            await using var second = await UpkeepScene.StartAsync(Cancel, options, target: new ScriptedServer
            {
                Accounts = { ["app"] = new ScriptedAccount("one") },
            });
            var password = await second.CurrentPasswordAsync(Cancel);
            second.Target["app"].Passwords = [password];
            await second.TurnsAsync(Cancel);
            await second.PassAsync(TimeSpan.FromHours(12), Cancel);
            (second.Target.Done.Count > 0).ShouldBe(beats);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task W10_PasswordChangedByHand_IsToldWithACause_AndNothingIsChanged()
    {
        await using var scene = await HourlyAsync();
        await scene.PassAsync(TimeSpan.FromHours(2), Cancel);
        scene.Target["app"].Passwords = ["of an administrator"];
        await scene.PassAsync(TimeSpan.FromHours(1), Cancel);
        scene.Count(RotationEventName.HeartbeatFailed).ShouldBe(1);
        scene.Task(UpkeepKind.Heartbeat)!.Cause.ShouldBe(FailureCause.Auth);
        scene.Target["app"].Passwords.ShouldBe(["of an administrator"]);

        scene.Target["app"].Passwords = [await scene.CurrentPasswordAsync(Cancel)];
        await scene.PassAsync(TimeSpan.FromHours(1), Cancel);
        scene.Events()[^1].ShouldBe(RotationEventName.HeartbeatSucceeded);
    }

    [Fact]
    public async Task W3_RefusedHeartbeats_BecomeOneADay()
    {
        await using var scene = await HourlyAsync();
        scene.Target["app"].Passwords = ["of an administrator"];
        await scene.PassAsync(TimeSpan.FromDays(5), Cancel);
        scene.Target.Refused.ShouldBeInRange(5, 7);
    }

    [Fact]
    public async Task BusyNetwork_IsNoNews()
    {
        await using var scene = await HourlyAsync();
        await scene.PassAsync(TimeSpan.FromHours(2), Cancel);
        var failures = 3;
        scene.Fails = what => what.StartsWith("login", StringComparison.Ordinal) && failures-- > 0
            ? new RotatorException(FailureCause.Network, "no route")
            : null;
        await scene.PassAsync(TimeSpan.FromHours(2), Cancel);
        failures.ShouldBeLessThan(0);
        scene.Count(RotationEventName.HeartbeatFailed).ShouldBe(0);
    }

    [Fact]
    public async Task NetworkThatStaysAway_IsTold()
    {
        await using var scene = await HourlyAsync();
        scene.Fails = what => what.StartsWith("login", StringComparison.Ordinal)
            ? new RotatorException(FailureCause.Network, "no route")
            : null;
        await scene.PassAsync(TimeSpan.FromHours(3), Cancel);
        scene.Count(RotationEventName.HeartbeatFailed).ShouldBe(1);
        scene.Entries()[^1].Cause.ShouldBe(FailureCause.Network);
    }

    [Fact]
    public async Task HealOnFailedHeartbeat_MakesTheDatabaseFollow_WithTwoRefusedLoginsAtMost()
    {
        await using var scene = await HourlyAsync(s_hourly with { HealOnFailedHeartbeat = true });
        var current = await scene.CurrentPasswordAsync(Cancel);
        // Somebody gave the account the password back that it had before.
        scene.Target["app"].Passwords = ["one"];
        await scene.PassAsync(TimeSpan.FromHours(1), Cancel);
        scene.Target["app"].Passwords.ShouldBe([current]);
        scene.Target.Refused.ShouldBe(2);
        scene.Count(RotationEventName.HealSucceeded).ShouldBe(1);

        scene.Target["app"].Passwords = ["nobody knows"];
        await scene.PassAsync(TimeSpan.FromHours(1), Cancel);
        scene.Target.Refused.ShouldBe(4);
        scene.Target["app"].Passwords.ShouldBe(["nobody knows"]);
        scene.Count(RotationEventName.HeartbeatFailed).ShouldBe(1);
    }

    [Fact]
    public async Task W2_RightsThatDiffer_AreToldOnce_AndAgainWhenTheyChange()
    {
        await using var scene = await HourlyAsync(function: UpkeepScene.Pair);
        scene.Target["app"].Rights.Add("SELECT ON orders");
        await scene.PassAsync(TimeSpan.FromHours(3), Cancel);
        var told = scene.Entries().Single(entry => entry.Name == RotationEventName.GrantDrift);
        told.Message.ShouldBe("clone lacks SELECT ON orders");
        scene.Task(UpkeepKind.Heartbeat)!.Outcome.ShouldBe(UpkeepOutcome.Drifted);
        scene.Target["app_clone"].Rights.ShouldBeEmpty("a heartbeat changes nothing");

        scene.Target["app"].Rights.Add("SELECT ON customers");
        await scene.PassAsync(TimeSpan.FromHours(1), Cancel);
        scene.Count(RotationEventName.GrantDrift).ShouldBe(2);

        await scene.RotateAsync(Cancel, UpkeepScene.NextToken, function: null);
        await scene.UntilAsync(() => scene.Count(RotationEventName.RotationSucceeded) == 2, Cancel);
        scene.Task(UpkeepKind.Heartbeat)!.Outcome.ShouldBe(UpkeepOutcome.Succeeded);
    }

    [Fact]
    public async Task RotationSwitchedOff_EndsTheHeartbeat()
    {
        await using var scene = await HourlyAsync();
        await scene.OkAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel);
        var before = scene.Target.Done.Count;
        await scene.PassAsync(TimeSpan.FromHours(5), Cancel);
        scene.Target.Done.Count.ShouldBe(before);
        scene.Task(UpkeepKind.Heartbeat)!.DueAt.ShouldBeNull();
    }

    [Fact]
    public async Task W9_SecretWithoutAValue_FailsTheRotationAtOnce_AndRotatesOnceItHasOne()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.OkAsync("CreateSecret", new { Name = "empty", ClientRequestToken = UpkeepScene.NextToken }, Cancel);
        await scene.OkAsync("RotateSecret", Rotation(UpkeepScene.Token), Cancel);
        var arn = (await scene.OkAsync("DescribeSecret", new { SecretId = "empty" }, Cancel))["ARN"]!.GetValue<string>();
        await scene.UntilAsync(() => scene.Database.Read(session => RotationRows.Find(session, arn)) is null, Cancel);
        var failed = scene.Database.Read(session => RotationJournal.Newest(session, arn, 100))[^1];
        failed.Name.ShouldBe(RotationEventName.RotationFailed);
        failed.Cause.ShouldBe(FailureCause.Precondition);

        await scene.OkAsync(
            "PutSecretValue",
            new { SecretId = "empty", ClientRequestToken = UpkeepScene.FirstVersion, SecretString = UpkeepScene.Value("one") }, Cancel);
        await scene.OkAsync("RotateSecret", Rotation("00000000-0000-0000-0000-000000000004"), Cancel);
        await scene.UntilAsync(
            () => scene.Database.Read(session => RotationJournal.Newest(session, arn, 100))
                .Any(entry => entry.Name == RotationEventName.RotationSucceeded),
            Cancel);

        static object Rotation(string token) =>
            new { SecretId = "empty", ClientRequestToken = token, RotationLambdaARN = UpkeepScene.SingleUser };
    }

    private static int Logins(UpkeepScene scene) => scene.Target.Done.Count(what => what.StartsWith("login", StringComparison.Ordinal));
}
