using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>Whole rotations through the front door, on a manual clock and a scripted target.</summary>
public sealed class RotationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RotateNow_LeavesCurrentAndPrevious_AsAwsShowsThem()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        (await scene.OkAsync("GetSecretValue", new { SecretId = "db" }, Cancel))["SecretString"]!.GetValue<string>().ShouldBe("first");
        (await scene.RotateAsync(Cancel))["VersionId"]!.GetValue<string>().ShouldBe(RotationScene.Token);
        var progress = await scene.UntilIdleAsync(Cancel);

        var labels = await scene.LabelsAsync(Cancel);
        labels[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
        labels[RotationScene.FirstVersion].ShouldBe(["AWSPREVIOUS"]);
        // Read before and after: nothing stale may be kept.
        (await scene.OkAsync("GetSecretValue", new { SecretId = "db" }, Cancel))["SecretString"]!.GetValue<string>()
            .ShouldBe($"rotated {RotationScene.Token}");
        scene.Target.Steps.ShouldBe([("createSecret", false), ("setSecret", false), ("testSecret", true), ("finishSecret", true)]);
        RotationScene.EventsOf(progress).ShouldBe(
        [
            "RotationStarted", "StepStarted", "StepSucceeded", "StepStarted", "StepSucceeded", "StepStarted", "StepSucceeded",
            "StepStarted", "StepSucceeded", "RotationSucceeded",
        ]);
        var described = await scene.DescribeAsync(Cancel);
        described["RotationEnabled"]!.GetValue<bool>().ShouldBeTrue();
        described["LastRotatedDate"].ShouldNotBeNull();
        described["NextRotationDate"].ShouldBeNull();
    }

    [Fact]
    public async Task Schedule_RotatesInTheWindow_AndShowsTheNextOne()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel, new { ScheduleExpression = "cron(0 16 1,15 * ? *)", Duration = "2h" }, immediately: false);
        await scene.UntilIdleAsync(Cancel);
        var described = await scene.DescribeAsync(Cancel);
        Time(described["NextRotationDate"]!.GetValue<double>()).ShouldBe(new DateTimeOffset(2026, 3, 15, 17, 59, 59, TimeSpan.Zero));
        described["VersionIdsToStages"]!.AsObject().Count.ShouldBe(1);

        scene.Server.Clock.SetTo(new DateTimeOffset(2026, 3, 15, 15, 59, 59, TimeSpan.Zero));
        (await scene.LabelsAsync(Cancel)).Count.ShouldBe(1);
        await AdvanceUntilAsync(scene, TimeSpan.FromSeconds(30), async () => (await scene.LabelsAsync(Cancel)).Count == 2);
        await scene.UntilIdleAsync(Cancel);

        described = await scene.DescribeAsync(Cancel);
        var rotated = Time(described["LastRotatedDate"]!.GetValue<double>());
        rotated.ShouldBeInRange(
            new DateTimeOffset(2026, 3, 15, 16, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 3, 15, 17, 59, 59, TimeSpan.Zero));
        Time(described["NextRotationDate"]!.GetValue<double>()).ShouldBe(new DateTimeOffset(2026, 4, 1, 17, 59, 59, TimeSpan.Zero));
    }

    [Fact]
    public async Task V9_MissedWindow_DoesNotSlide()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel, new { ScheduleExpression = "cron(0 16 1,15 * ? *)", Duration = "2h" }, immediately: false);
        await scene.UntilIdleAsync(Cancel);
        // The wall clock jumps over the whole window without a timer firing, as when the machine was asleep.
        scene.Server.Clock.JumpTo(new DateTimeOffset(2026, 3, 15, 20, 0, 0, TimeSpan.Zero));
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(30), async () =>
                RotationScene.EventsOf(await scene.ProgressAsync(Cancel)).Contains("RotationMissed"));
        (await scene.LabelsAsync(Cancel)).Count.ShouldBe(1);
        var described = await scene.DescribeAsync(Cancel);
        Time(described["NextRotationDate"]!.GetValue<double>()).ShouldBe(new DateTimeOffset(2026, 4, 1, 17, 59, 59, TimeSpan.Zero));
    }

    // The clock jumps to 2030, everything is missed, and it is set right again: the dates of 2030 must not stay.
    [Fact]
    public async Task ClockSetBack_BringsTheScheduleBack()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel, new { ScheduleExpression = "cron(0 16 1,15 * ? *)", Duration = "2h" }, immediately: false);
        await scene.UntilIdleAsync(Cancel);
        scene.Server.Clock.JumpTo(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await AdvanceUntilAsync(scene, TimeSpan.FromSeconds(10), async () => (await NextAsync()).Year == 2030);
        scene.Server.Clock.JumpTo(new DateTimeOffset(2026, 3, 2, 11, 0, 0, TimeSpan.Zero));
        await AdvanceUntilAsync(scene, TimeSpan.FromSeconds(10), async () => (await NextAsync()).Year == 2026);
        (await NextAsync()).ShouldBe(new DateTimeOffset(2026, 3, 15, 17, 59, 59, TimeSpan.Zero));

        async Task<DateTimeOffset> NextAsync() => Time((await scene.DescribeAsync(Cancel))["NextRotationDate"]!.GetValue<double>());
    }

    // The password is changed, the connection breaks, and the clock is set back an hour: the retry must not wait for that hour.
    [Fact]
    public async Task ClockSetBack_DoesNotDelayARotationThatMayHaveReachedItsTarget()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.FailSetSecret(FailureCause.Network);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["Cause"] is not null, Cancel);
        var before = scene.Server.Clock.GetUtcNow();
        scene.Server.Clock.JumpTo(before.AddHours(-1));
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(5), async () => (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>() == "Idle");
        (scene.Server.Clock.GetUtcNow() - before.AddHours(-1)).ShouldBeLessThan(TimeSpan.FromMinutes(5));
    }

    // The clock was wrong, and was set right while the server was down.
    [Fact]
    public async Task ClockSetBackWhileTheServerIsDown_DoesNotDelayARotationThatMayHaveReachedItsTarget()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-clock-").FullName;
        try
        {
            var right = new ManualClock();
            var wrong = new ManualClock(right.GetUtcNow().AddYears(1));
            await using (var first = await RotationScene.StartAsync(
                Cancel, new TestServerOptions { DataDirectory = directory, Clock = wrong }))
            {
                await first.OkAsync(
                    "CreateSecret",
                    new { Name = "db", ClientRequestToken = RotationScene.FirstVersion, SecretString = "first" }, Cancel);
                first.Target.FailSetSecret(FailureCause.Network);
                await first.RotateAsync(Cancel);
                await first.UntilAsync(progress => progress["Cause"] is not null, Cancel);
            }
            await using var scene = await RotationScene.StartAsync(
                Cancel, new TestServerOptions { DataDirectory = directory, Clock = right });
            var start = right.GetUtcNow();
            await AdvanceUntilAsync(
                scene, TimeSpan.FromSeconds(5), async () => (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>() == "Idle");
            (right.GetUtcNow() - start).ShouldBeLessThan(TimeSpan.FromMinutes(10));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // Rules that an older server took, say, and this one does not understand.
    [Fact]
    public async Task SecretWhoseScheduleCannotBeRead_HoldsUpNoOther()
    {
        const string OtherToken = "00000000-0000-0000-0000-00000000000b";
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel, new { AutomaticallyAfterDays = 30 }, immediately: false);
        await scene.UntilIdleAsync(Cancel);
        await scene.OkAsync(
            "CreateSecret", new { Name = "other", ClientRequestToken = RotationScene.FirstVersion, SecretString = "first" }, Cancel);
        await scene.Server.Services.GetRequiredService<IDatabase>().WriteAsync(
            session => session.Execute(
                "UPDATE secrets SET rotation_schedule = 'rate(1 moon)', rotation_due_at = @past, next_rotation_at = @past "
                + "WHERE name = 'db'",
                ("past", scene.Server.Clock.GetUtcNow().AddDays(-1))),
            Cancel);
        await scene.OkAsync(
            "RotateSecret",
            new { SecretId = "other", ClientRequestToken = OtherToken, RotationLambdaARN = RotationScene.FunctionArn }, Cancel);
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(1),
            async () => (await scene.ProgressAsync("other", Cancel))["State"]!.GetValue<string>() == "Idle");
    }

    // Every 30 days; the server sleeps over the 30th: it does not wait for another 30.
    [Fact]
    public async Task MissedDay_IsMadeUpForTheNextDay()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel, new { AutomaticallyAfterDays = 30 }, immediately: false);
        await scene.UntilIdleAsync(Cancel);
        scene.Server.Clock.JumpTo(new DateTimeOffset(2026, 4, 3, 9, 0, 0, TimeSpan.Zero));
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(30),
            async () => RotationScene.EventsOf(await scene.ProgressAsync(Cancel)).Contains("RotationMissed"));
        var described = await scene.DescribeAsync(Cancel);
        Time(described["NextRotationDate"]!.GetValue<double>()).ShouldBe(new DateTimeOffset(2026, 4, 4, 23, 59, 59, TimeSpan.Zero));
    }

    [Fact]
    public async Task TransientFailure_IsRetriedWithTheSameVersion()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.FailSetSecret(FailureCause.Network);
        await scene.RotateAsync(Cancel);
        var waiting = await scene.UntilAsync(progress => progress["Cause"] is not null, Cancel);
        waiting["Cause"]!.GetValue<string>().ShouldBe("Network");
        (await scene.LabelsAsync(Cancel))[RotationScene.Token].ShouldBe(["AWSPENDING"]);

        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(1), async () => (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>() == "Idle");
        (await scene.LabelsAsync(Cancel))[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
        // The second attempt knows that the first may have reached the target.
        scene.Target.Steps.Where(step => step.Step == "setSecret").Select(step => step.PendingMayBeLive).ShouldBe([false, true]);
    }

    [Fact]
    public async Task RefusedLogin_ParksAfterTwoAttempts_AndRotateSecretTakesItUpAgain()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.FailSetSecret(FailureCause.Auth);
        scene.Target.FailSetSecret(FailureCause.Auth);
        await scene.RotateAsync(Cancel);
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(10), async () => (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>() == "Parked");
        scene.Target.Steps.Count(step => step.Step == "setSecret").ShouldBe(2);

        const string Other = "00000000-0000-0000-0000-000000000003";
        var refused = await scene.Server.CallAsync("RotateSecret", new { SecretId = "db", ClientRequestToken = Other }, Cancel);
        refused.ErrorCode.ShouldBe("InvalidRequestException");
        refused.ErrorMessage.ShouldBe("A previous rotation isn't complete. That rotation will be reattempted.");
        await scene.UntilIdleAsync(Cancel);
        var labels = await scene.LabelsAsync(Cancel);
        labels[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
        labels.ShouldNotContainKey(Other);
    }

    // An account that was locked for an hour, a privilege that was missing: nobody need find out that the rotation could go on by now.
    [Theory]
    [InlineData("Auth", null, 2)]
    [InlineData("Privilege", null, 48)]
    [InlineData("Precondition", 30, 48)]
    public async Task RotationThatMayHaveReachedItsTarget_IsTriedAgainAndAgain(string cause, int? days, int hours)
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        var attempts = cause == "Auth" ? 2 : 1;
        for (var attempt = 1; attempt <= attempts; attempt++) scene.Target.FailSetSecret(Enum.Parse<FailureCause>(cause));
        scene.Target.FailTestSecret(Enum.Parse<FailureCause>(cause));
        await scene.RotateAsync(Cancel, rules: days is null ? null : new { AutomaticallyAfterDays = days });
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(10),
            async () => RotationScene.EventsOf(await scene.ProgressAsync(Cancel)).Contains("RotationFailed"));
        var failedAt = scene.Server.Clock.GetUtcNow();

        await AdvanceUntilAsync(
            scene, TimeSpan.FromMinutes(10), async () => (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>() == "Idle");
        (await scene.LabelsAsync(Cancel))[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
        (scene.Server.Clock.GetUtcNow() - failedAt).ShouldBeGreaterThan(TimeSpan.FromHours(hours - 1));
        scene.Target.Steps.Count(step => step.Step == "setSecret").ShouldBe(attempts + 2);
    }

    [Fact]
    public async Task RotationThatDidNotReachItsTarget_StaysParked()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.RefuseSetSecret(FailureCause.Privilege);
        await scene.RotateAsync(Cancel);
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(10), async () => (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>() == "Parked");
        for (var hour = 0; hour < 72; hour++)
        {
            scene.Server.Clock.Advance(TimeSpan.FromHours(1));
            await scene.ProgressAsync(Cancel);
        }
        scene.Target.Steps.Count(step => step.Step == "setSecret").ShouldBe(1);
    }

    [Fact]
    public async Task SecretWithoutValue_FailsFast_AndLeavesNothingBehind()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.OkAsync("CreateSecret", new { Name = "empty", ClientRequestToken = RotationScene.FirstVersion }, Cancel);
        await scene.OkAsync(
            "RotateSecret",
            new { SecretId = "empty", ClientRequestToken = RotationScene.Token, RotationLambdaARN = RotationScene.FunctionArn },
            Cancel);
        while ((await scene.OkAsync("DescribeSecret", new { SecretId = "empty" }, Cancel))["VersionIdsToStages"] is not null)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
    }

    [Fact]
    public async Task PasswordThatTheServersRulesRefuse_IsThrownAway()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        for (var level = 0; level <= RotationRun.StrictnessMax; level++) scene.Target.RefuseSetSecret(FailureCause.Policy);
        await scene.RotateAsync(Cancel);
        var progress = await scene.UntilIdleAsync(Cancel);
        RotationScene.EventsOf(progress).Last().ShouldBe("RotationFailed");
        (await scene.LabelsAsync(Cancel)).ShouldHaveSingleItem().Value.ShouldBe(["AWSCURRENT"]);

        const string Next = "00000000-0000-0000-0000-000000000003";
        await scene.RotateAsync(Cancel, token: Next);
        await scene.UntilIdleAsync(Cancel);
        (await scene.LabelsAsync(Cancel))[Next].ShouldBe(["AWSCURRENT"]);
    }

    [Fact]
    public async Task W18_RefusedPassword_IsMadeAnewUnderTheSameVersion()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.RefuseSetSecret(FailureCause.Policy);
        scene.Target.RefuseSetSecret(FailureCause.Policy);
        await scene.RotateAsync(Cancel);
        var progress = await scene.UntilIdleAsync(Cancel);
        RotationScene.EventsOf(progress).Last().ShouldBe("RotationSucceeded");
        (await scene.LabelsAsync(Cancel))[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
        scene.Target.Strictnesses.ToArray().ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task W18_RefusedPassword_ThatMayHaveBeenSentBefore_IsKeptAside()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.FailSetSecret(FailureCause.Network);
        scene.Target.RefuseSetSecret(FailureCause.Policy);
        await scene.RotateAsync(Cancel);
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(1), async () => (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>() == "Idle");

        RotationScene.EventsOf(await scene.ProgressAsync(Cancel)).ShouldContain("RotationSucceeded");
        var labels = await scene.LabelsAsync(Cancel);
        labels.ShouldNotContainKey(RotationScene.Token, "it bears no label any more");
        labels.Single(version => version.Value.Contains("AWSCURRENT")).Key.ShouldNotBe(RotationScene.FirstVersion);
        // A request that was given up may still arrive: its value must not be lost.
        await scene.OkAsync("GetSecretValue", new { SecretId = "db", VersionId = RotationScene.Token }, Cancel);
        scene.Target.Strictnesses.ToArray().ShouldBe([0, 1]);
    }

    [Fact]
    public async Task V9_RetryAfterItsWindow_WaitsForTheNextOne()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel, new { ScheduleExpression = "cron(0 16 1,15 * ? *)", Duration = "2h" }, immediately: false);
        await scene.UntilIdleAsync(Cancel);
        scene.Target.RefuseSetSecret(FailureCause.Network);
        scene.Server.Clock.SetTo(new DateTimeOffset(2026, 3, 15, 15, 59, 59, TimeSpan.Zero));
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(10), async () => (await scene.ProgressAsync(Cancel))["Cause"] is not null);
        // The machine sleeps over the retry and the end of the window.
        scene.Server.Clock.JumpTo(new DateTimeOffset(2026, 3, 15, 20, 0, 0, TimeSpan.Zero));
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(30), async () =>
                RotationScene.EventsOf(await scene.ProgressAsync(Cancel)).Contains("RotationFailed"));

        scene.Target.Steps.Count(step => step.Step == "setSecret").ShouldBe(1);
        var described = await scene.DescribeAsync(Cancel);
        Time(described["NextRotationDate"]!.GetValue<double>()).ShouldBe(new DateTimeOffset(2026, 4, 1, 17, 59, 59, TimeSpan.Zero));
    }

    [Fact]
    public async Task W5_PendingOfAForeignFunction_IsTakenUpByTheFunctionOfTheFirstCall()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.OkAsync(
            "PutSecretValue",
            new
            {
                SecretId = "db",
                ClientRequestToken = RotationScene.Token,
                SecretString = "left",
                VersionStages = new[] { "AWSPENDING" },
            },
            Cancel);
        var answer = await scene.Server.CallAsync(
            "RotateSecret",
            new
            {
                SecretId = "db",
                ClientRequestToken = "00000000-0000-0000-0000-000000000003",
                RotationLambdaARN = RotationScene.FunctionArn,
            },
            Cancel);
        answer.IsSuccess.ShouldBeFalse();
        await scene.UntilIdleAsync(Cancel);

        (await scene.DescribeAsync(Cancel))["RotationLambdaARN"]!.GetValue<string>().ShouldBe(RotationScene.FunctionArn);
        (await scene.LabelsAsync(Cancel))[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
    }

    [Fact]
    public async Task UnreachableTarget_IsLeftAloneAfterTheAttemptsOfAWindow()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        for (var attempt = 0; attempt < 5; attempt++) scene.Target.RefuseSetSecret(FailureCause.Network);
        await scene.RotateAsync(Cancel);
        await AdvanceUntilAsync(
            scene, TimeSpan.FromSeconds(30), async () => (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>() == "Parked");
        scene.Target.Steps.Where(step => step.Step == "setSecret").Select(step => step.PendingMayBeLive).ShouldAllBe(live => !live);
        // Nothing reached the target, so cancelling ends it.
        await scene.OkAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel);
        (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>().ShouldBe("Idle");
    }

    [Fact]
    public async Task CancelledTest_LeavesNoCopyBehindThatCouldBeRotatedTo()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.HoldTestSecret = new TaskCompletionSource();
        await scene.RotateAsync(Cancel, immediately: false);
        await scene.UntilAsync(progress => progress["Step"]?.GetValue<string>() == "testSecret", Cancel);
        await scene.OkAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel);
        (await scene.LabelsAsync(Cancel)).ShouldHaveSingleItem().Value.ShouldBe(["AWSCURRENT"]);
        scene.Target.HoldTestSecret.SetResult();
        scene.Target.HoldTestSecret = null;

        await scene.RotateAsync(Cancel);
        await scene.UntilIdleAsync(Cancel);
        (await scene.OkAsync("GetSecretValue", new { SecretId = "db" }, Cancel))["SecretString"]!.GetValue<string>()
            .ShouldBe($"rotated {RotationScene.Token}");
    }

    [Fact]
    public async Task ManualValue_DuringARotation_AbandonsIt()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.HoldSetSecret = new TaskCompletionSource();
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["Step"]?.GetValue<string>() == "setSecret", Cancel);
        const string Manual = "00000000-0000-0000-0000-000000000009";
        await scene.OkAsync("PutSecretValue", new { SecretId = "db", ClientRequestToken = Manual, SecretString = "by hand" }, Cancel);
        scene.Target.HoldSetSecret.SetResult();

        var progress = await scene.UntilIdleAsync(Cancel);
        // What follows is the upkeep that finds out which of the two values logs in.
        RotationScene.EventsOf(progress).Last(name => name.StartsWith("Rotation", StringComparison.Ordinal)).ShouldBe("RotationAbandoned");
        var labels = await scene.LabelsAsync(Cancel);
        labels[Manual].ShouldBe(["AWSCURRENT"]);
        labels.ShouldNotContainKey(RotationScene.Token);
    }

    [Fact]
    public async Task Cancel_WithoutRotation_IsRefused()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        (await scene.Server.CallAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel)).ErrorCode.ShouldBe("InvalidRequestException");
    }

    [Fact]
    public async Task Cancel_OnceTheTargetMayHaveChanged_LetsTheRotationEnd()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.HoldSetSecret = new TaskCompletionSource();
        await scene.RotateAsync(Cancel, new { AutomaticallyAfterDays = 7 });
        await scene.UntilAsync(progress => progress["Step"]?.GetValue<string>() == "setSecret", Cancel);
        var cancelled = await scene.OkAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel);
        cancelled["VersionId"]!.GetValue<string>().ShouldBe(RotationScene.Token);
        scene.Target.HoldSetSecret.SetResult();

        await scene.UntilIdleAsync(Cancel);
        (await scene.LabelsAsync(Cancel))[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
        var described = await scene.DescribeAsync(Cancel);
        described["RotationEnabled"]!.GetValue<bool>().ShouldBeFalse();
        described["RotationLambdaARN"].ShouldNotBeNull();
        described["NextRotationDate"].ShouldBeNull();
    }

    [Fact]
    public async Task Stop_OnceTheTargetMayHaveChanged_LetsTheRotationEnd()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-rotation-").FullName;
        try
        {
            var clock = new ManualClock();
            var options = new TestServerOptions { DataDirectory = directory, Clock = clock };
            await using (var first = await RotationScene.StartAsync(Cancel, options))
            {
                await first.OkAsync(
                    "CreateSecret", new { Name = "db", ClientRequestToken = RotationScene.FirstVersion, SecretString = "first" }, Cancel);
                first.Target.HoldSetSecret = new TaskCompletionSource();
                await first.RotateAsync(Cancel);
                await first.UntilAsync(progress => progress["Step"]?.GetValue<string>() == "setSecret", Cancel);
                var stop = first.Server.StopAsync(Cancel);
                first.Target.HoldSetSecret.SetResult();
                await stop;
            }
            await using var second = await RotationScene.StartAsync(Cancel, options);
            await second.UntilIdleAsync(Cancel);
            (await second.LabelsAsync(Cancel))[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
            // The target had the new password: the stopping server did not leave applications locked out until this one started.
            second.Target.Steps.ShouldBeEmpty();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static DateTimeOffset Time(double epochSeconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)(epochSeconds * 1000));

    /// <summary>Moves the manual clock in steps until something has happened; between them the server does what is ready.</summary>
    private static async Task AdvanceUntilAsync(RotationScene scene, TimeSpan step, Func<Task<bool>> happened)
    {
        // A rotation may wait on the clock in the middle of a step.
        const int LooksMax = 500;
        for (var moves = 0; !await happened(); moves++)
        {
            moves.ShouldBeLessThan(2000, "nothing happened");
            scene.Server.Clock.Advance(step);
            for (var looks = 0; looks == 0 || (looks < LooksMax && IsAtWork(scene)); looks++)
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }
    }

    private static bool IsAtWork(RotationScene scene) =>
        scene.Server.Services.GetRequiredService<IDatabase>().Read(session => session.Find(
            "SELECT 1 FROM rotations WHERE owner IS NOT NULL OR (state <> 'Parked' AND not_before <= @now) LIMIT 1",
            row => row.Number(0), ("now", scene.Server.Clock.GetUtcNow()))) == 1;
}
