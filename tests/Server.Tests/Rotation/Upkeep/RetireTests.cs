using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>The old credential of an overlapping rotation is taken away after the grace, whatever happens meanwhile.</summary>
public sealed class RetireTests
{
    private static readonly TimeSpan s_grace = RotationSettings.Default.Grace;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task W4_TestThatFailsAfterTheChange_LeavesTheOldPasswordLoggingIn()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        var failures = 3;
        scene.Fails = what => IsLoginWithAnother(what, "one") && scene.Rotation()?.State == RotationState.Testing && failures-- > 0
            ? new RotatorException(FailureCause.Network, "the connection broke")
            : null;
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation()?.Cause is not null, Cancel);
        (await scene.CurrentPasswordAsync(Cancel)).ShouldBe("one");
        scene.Target["app"].Passwords.ShouldContain("one");
        scene.Rotation()!.RefusedSince.ShouldBeNull("AWSCURRENT was never refused");

        await scene.AdvanceUntilAsync(() => scene.Rotation() is null, Cancel);
        scene.Target["app"].Passwords.ShouldContain(await scene.CurrentPasswordAsync(Cancel));
        scene.Entries().Single(entry => entry.Name == RotationEventName.RotationSucceeded).Gap.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task OldPassword_LogsInUntilTheEndOfTheGrace()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var current = await scene.CurrentPasswordAsync(Cancel);
        await scene.PassAsync(s_grace - TimeSpan.FromSeconds(1), Cancel);
        scene.Target["app"].Passwords.ShouldBe(["one", current], ignoreOrder: true);

        await scene.PassAsync(TimeSpan.FromMinutes(1), Cancel);
        scene.Target["app"].Passwords.ShouldBe([current]);
        scene.Events().ShouldContain(RotationEventName.RetireStarted);
        scene.Events()[^1].ShouldBe(RotationEventName.RetireSucceeded);
        scene.Task(UpkeepKind.Retire).ShouldBe(scene.Task(UpkeepKind.Retire)! with
        {
            DueAt = null,
            Outcome = UpkeepOutcome.Succeeded,
            Owner = null,
            Cause = null,
        });
    }

    [Fact]
    public async Task GraceOfZero_RetiresAtOnce()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.SetAsync(new RotationSettings { Grace = TimeSpan.Zero }, Cancel);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(() => scene.Count(RotationEventName.RetireSucceeded) == 1, Cancel);
        scene.Target["app"].Passwords.ShouldBe([await scene.CurrentPasswordAsync(Cancel)]);
    }

    [Fact]
    public async Task NewerRotation_TakesTheOlderPasswordAway_AndItsOwnGraceBegins()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var second = await scene.CurrentPasswordAsync(Cancel);
        await scene.PassAsync(TimeSpan.FromMinutes(30), Cancel);
        await scene.RotateAsync(Cancel, UpkeepScene.NextToken);
        await scene.UntilAsync(() => scene.Count(RotationEventName.RotationSucceeded) == 2, Cancel);
        var third = await scene.CurrentPasswordAsync(Cancel);
        scene.Target["app"].Passwords.ShouldBe([second, third], ignoreOrder: true);

        // The first rotation's grace is over; that of the second goes on.
        await scene.PassAsync(TimeSpan.FromMinutes(45), Cancel);
        scene.Target["app"].Passwords.ShouldBe([second, third], ignoreOrder: true);
        await scene.PassAsync(TimeSpan.FromMinutes(30), Cancel);
        scene.Target["app"].Passwords.ShouldBe([third]);
        scene.Count(RotationEventName.RetireStarted).ShouldBe(1);
    }

    [Fact]
    public async Task TestOfTheConfiguration_RetiresNothing()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        scene.Target["app"].Passwords = ["one", "of an administrator"];
        await scene.RotateAsync(Cancel, immediately: false);
        scene.Events().ShouldContain(RotationEventName.TestRotationSucceeded);
        scene.Task(UpkeepKind.Retire).ShouldBeNull();
        await scene.PassAsync(TimeSpan.FromHours(3), Cancel);
        scene.Target["app"].Passwords.ShouldBe(["one", "of an administrator"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("CancelRotateSecret")]
    [InlineData("DeleteSecret")]
    public async Task OldPassword_IsTakenAwayAlsoAfter(string operation)
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var current = await scene.CurrentPasswordAsync(Cancel);
        await scene.OkAsync(operation, new { SecretId = "db" }, Cancel);
        await scene.PassAsync(s_grace + TimeSpan.FromMinutes(1), Cancel);
        scene.Target["app"].Passwords.ShouldBe([current]);
    }

    [Fact]
    public async Task LongGrace_EndsBeforeTheSecretIsPurged()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.SetAsync(new RotationSettings { Grace = TimeSpan.FromDays(60) }, Cancel);
        await scene.RotateAsync(Cancel);
        await scene.OkAsync("DeleteSecret", new { SecretId = "db", RecoveryWindowInDays = 7 }, Cancel);
        scene.Task(UpkeepKind.Retire)!.DueAt.ShouldBe(scene.Server.Clock.GetUtcNow().AddDays(6));
    }

    [Fact]
    public async Task SecretPurgedAtOnce_LeavesARecordOfWhatItsDatabaseIsLeftWith()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        await scene.OkAsync("DeleteSecret", new { SecretId = "db", ForceDeleteWithoutRecovery = true }, Cancel);
        Audited(scene).ShouldContain("RetireAbandoned");
    }

    [Fact]
    public async Task W7_CleanUpThatFails_IsRetriedAndShown_UntilItSucceeds()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        scene.Fails = what => what.StartsWith("retire", StringComparison.Ordinal)
            ? new RotatorException(FailureCause.Unavailable, "read-only")
            : null;
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.RetireFailed) == 5, Cancel);
        // Five attempts with a growing pause, then one a day: it is never given up.
        var task = scene.Task(UpkeepKind.Retire)!;
        task.DueAt.ShouldBe(scene.Server.Clock.GetUtcNow().AddDays(1));
        var shown = (await scene.ExtensionAsync("DescribeRotation", Cancel))["Upkeep"]!.AsArray()
            .Single(entry => entry!["Kind"]!.GetValue<string>() == "Retire")!;
        shown["Outcome"]!.GetValue<string>().ShouldBe("Failed");
        shown["Cause"]!.GetValue<string>().ShouldBe("Unavailable");
        shown["State"]!.GetValue<string>().ShouldBe("Due");
        scene.Target["app"].Passwords.Count.ShouldBe(2);

        scene.Fails = _ => null;
        await scene.PassAsync(TimeSpan.FromDays(1), Cancel);
        scene.Target["app"].Passwords.Count.ShouldBe(1);
        scene.Events()[^1].ShouldBe(RotationEventName.RetireSucceeded);
    }

    [Fact]
    public async Task RefusedCurrent_KeepsTheOldPassword_AndParksAfterOneLogin()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        scene.Target["app"].Passwords = ["one"];
        await scene.PassAsync(s_grace + TimeSpan.FromDays(3), Cancel);
        scene.Target.Refused.ShouldBe(1);
        scene.Target["app"].Passwords.ShouldBe(["one"]);
        scene.Task(UpkeepKind.Retire)!.IsParked.ShouldBeTrue();
        scene.Entries()[^1].Message!.ShouldContain("the old credential was left in place");
        var hop = (await scene.ExtensionAsync("DiagnoseSecret", Cancel))["Hops"]!.AsArray()
            .Single(entry => entry!["Hop"]!.GetValue<string>() == "retire")!;
        hop["Ok"]!.GetValue<bool>().ShouldBeFalse();
        hop["Remedy"]!.GetValue<string>().ShouldContain("rekey rotate");
    }

    // Within the grace a human finds that applications do not get on with the new password.
    [Fact]
    public async Task CurrentMovedBackWithinTheGrace_IsTheOneThatIsKept()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        await scene.MoveCurrentAsync(UpkeepScene.Token, UpkeepScene.FirstVersion, Cancel);
        await scene.PassAsync(s_grace + TimeSpan.FromMinutes(1), Cancel);
        scene.Target["app"].Passwords.ShouldBe(["one"]);
        scene.Target.Refused.ShouldBe(0);
    }

    // The move falls between the task's last look and its effect: what it took away is given back.
    [Fact]
    public async Task CurrentMovedWhileTheOldPasswordIsTakenAway_LogsInAgain()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        scene.Hold("retire");
        scene.Server.Clock.SetTo(scene.Task(UpkeepKind.Retire)!.DueAt!.Value);
        await scene.UntilAsync(() => scene.Reached.Task.IsCompleted, Cancel);
        await scene.MoveCurrentAsync(UpkeepScene.Token, UpkeepScene.FirstVersion, Cancel);
        scene.Release();
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.HealSucceeded) == 1, Cancel);
        scene.Target["app"].Passwords.ShouldContain("one");
        await scene.PassAsync(TimeSpan.FromHours(1), Cancel);
        scene.Target["app"].Passwords.ShouldBe(["one"]);
    }

    [Fact]
    public async Task ClockSetBack_DoesNotPutTheRetiringOff()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        var right = scene.Server.Clock.GetUtcNow();
        scene.Server.Clock.JumpTo(right.AddYears(3));
        await scene.RotateAsync(Cancel);
        scene.Server.Clock.JumpTo(right);
        await scene.UntilAsync(
            () =>
            {
                scene.Server.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return scene.Task(UpkeepKind.Retire)!.DueAt < right.AddDays(2);
            },
            Cancel);
    }

    private static bool IsLoginWithAnother(string what, string password) =>
        what.StartsWith("login app", StringComparison.Ordinal) && what != $"login app {password}";

    private static List<string> Audited(UpkeepScene scene) => scene.Database.Read(session => session.Query(
        "SELECT event_name FROM audit_events WHERE resource_arn = @arn", row => row.Text(0), ("arn", scene.Arn)));
}
