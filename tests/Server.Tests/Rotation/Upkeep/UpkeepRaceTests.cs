using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>Upkeep against rotations, humans and the end of the server.</summary>
public sealed class UpkeepRaceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task W10_RotationWaitsForARunningTask()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        await HoldRetireAsync(scene);
        (await scene.StartRotationAsync(Cancel, UpkeepScene.NextToken)).IsSuccess.ShouldBeTrue();
        await scene.TurnsAsync(Cancel);
        scene.Rotation().ShouldBe(scene.Rotation()! with { Owner = null, Attempt = 0 });
        scene.Release();
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.RotationSucceeded) == 2, Cancel);
        var events = scene.Events();
        events.IndexOf(RotationEventName.RetireSucceeded).ShouldBeLessThan(events.LastIndexOf(RotationEventName.StepStarted) - 3);
    }

    [Fact]
    public async Task W10_TaskWaitsForARotation()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        scene.Hold("add");
        (await scene.StartRotationAsync(Cancel, UpkeepScene.NextToken)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Reached.Task.IsCompleted, Cancel);
        // In the rotation's step the old password's time runs out.
        scene.Server.Clock.JumpTo(scene.Task(UpkeepKind.Retire)!.DueAt!.Value);
        await scene.TurnsAsync(Cancel);
        scene.Count(RotationEventName.RetireStarted).ShouldBe(0);
        scene.Release();
        await scene.UntilAsync(() => scene.Count(RotationEventName.RotationSucceeded) == 2, Cancel);
        scene.Count(RotationEventName.RetireStarted).ShouldBe(0);
    }

    // Two secrets of one account: the retiring of one must not run while the other's rotation has set a password that is not current yet.
    [Fact]
    public async Task W10_TaskWaitsForTheRotationOfAnotherSecretOfTheAccount()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var current = await scene.CurrentPasswordAsync(Cancel);
        // Its old password is still to be retired.
        await scene.OkAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel);
        await scene.OkAsync(
            "CreateSecret",
            new { Name = "twin", ClientRequestToken = UpkeepScene.FirstVersion, SecretString = UpkeepScene.Value(current) }, Cancel);
        scene.Hold("add");
        await scene.OkAsync(
            "RotateSecret",
            new { SecretId = "twin", ClientRequestToken = UpkeepScene.NextToken, RotationLambdaARN = UpkeepScene.SingleUser }, Cancel);
        await scene.UntilAsync(() => scene.Reached.Task.IsCompleted, Cancel);
        var due = scene.Task(UpkeepKind.Retire)!.DueAt!.Value;
        scene.Server.Clock.JumpTo(due);
        await scene.UntilAsync(() => scene.Task(UpkeepKind.Retire)!.DueAt > due, Cancel);
        scene.Count(RotationEventName.RetireStarted).ShouldBe(0);
        scene.Release();
    }

    // The process stood still with the old password's retirement before it; AWSCURRENT is moved back to what is about to be retired.
    [Fact]
    public async Task V4_RetirementPastItsLease_IsLostToWhoMovesAwsCurrentBack()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var due = scene.Task(UpkeepKind.Retire)!;
        var paused = due with { Owner = "paused", LeaseUntil = scene.Server.Clock.GetUtcNow().AddMinutes(-1), Fence = due.Fence + 1 };
        await scene.Database.WriteAsync(session => UpkeepRows.Update(session, paused, due.Fence), Cancel);
        await scene.OkAsync(
            "UpdateSecretVersionStage",
            new
            {
                SecretId = "db",
                VersionStage = "AWSCURRENT",
                MoveToVersionId = UpkeepScene.FirstVersion,
                RemoveFromVersionId = UpkeepScene.Token,
            },
            Cancel);
        scene.Database.Read(session => UpkeepRows.Holds(session, paused)).ShouldBeFalse();
    }

    [Fact]
    public async Task HeartbeatThatIsDueDuringARotation_IsAnsweredByIt()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.SetAsync(new RotationSettings { Heartbeat = TimeSpan.FromHours(1), Overlap = OverlapMode.Off }, Cancel);
        await scene.RotateAsync(Cancel);
        scene.Hold("replace");
        (await scene.StartRotationAsync(Cancel, UpkeepScene.NextToken)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Reached.Task.IsCompleted, Cancel);
        scene.Server.Clock.JumpTo(scene.Task(UpkeepKind.Heartbeat)!.DueAt!.Value);
        scene.Release();
        await scene.UntilAsync(() => scene.Count(RotationEventName.RotationSucceeded) == 2, Cancel);
        scene.Task(UpkeepKind.Heartbeat)!.DueAt!.Value.ShouldBeGreaterThan(scene.Server.Clock.GetUtcNow());
    }

    // The process ends before the effect, or after it and before that was written down.
    [Theory]
    [InlineData("login", "Retire")]
    [InlineData("retire", "Retire")]
    [InlineData("login", "Heal")]
    [InlineData("replace", "Heal")]
    [InlineData("login app by hand", "Heal")]
    public async Task ServerThatEnds_LeavesTheTaskToTheNextOne(string at, string kind)
    {
        var directory = Directory.CreateTempSubdirectory("rekey-upkeep-").FullName;
        try
        {
            var options = new TestServerOptions { DataDirectory = directory, Clock = new ManualClock() };
            var isHeal = kind == "Heal";
            var first = await UpkeepScene.StartAsync(Cancel, options, overlaps: !isHeal);
            if (isHeal) await AbandonAsync(first, at);
            else await DueRetireAsync(first, at);
            await first.UntilAsync(() => first.Reached.Task.IsCompleted, Cancel);
            await first.KillAsync(Cancel);

            await using var second = await UpkeepScene.StartAsync(Cancel, options, target: first.Target);
            var succeeded = isHeal ? RotationEventName.HealSucceeded : RotationEventName.RetireSucceeded;
            await second.AdvanceUntilAsync(() => second.Count(succeeded) == 1, Cancel);
            second.Target["app"].Passwords.ShouldBe([await second.CurrentPasswordAsync(Cancel)]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // On another node nothing but the store says that the step is not over: healed too early, AWSCURRENT is refused a moment later.
    [Fact]
    public async Task W10_HealingOfAnAbandonedRotation_WaitsForTheStepThatStillRuns()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        scene.Hold("replace");
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Reached.Task.IsCompleted, Cancel);
        var leaseUntil = scene.Rotation()!.LeaseUntil!.Value;
        scene.Target["app"].Passwords = ["by hand"];
        await scene.PutAsync("by hand", Cancel);
        var now = scene.Server.Clock.GetUtcNow();
        DueElsewhere(scene, now).ShouldBeEmpty();
        DueElsewhere(scene, leaseUntil).ShouldHaveSingleItem().Kind.ShouldBe(UpkeepKind.Heal);
        scene.Locks().ShouldNotBeEmpty("the account is still under the hands of the abandoned rotation");

        scene.Release();
        // Who ran it says when it has let go: nobody has to wait for the end of the lease.
        await scene.UntilAsync(() => scene.Count(RotationEventName.HealSucceeded) == 1, Cancel);
        scene.Target.Done.ShouldContain(what => what.StartsWith("replace", StringComparison.Ordinal) && what.EndsWith("by itself"));
        scene.Target["app"].Passwords.ShouldBe(["by hand"]);
        scene.Locks().ShouldBeEmpty();
    }

    private static List<UpkeepTask> DueElsewhere(UpkeepScene scene, DateTimeOffset now) =>
        scene.Database.Read(session => UpkeepRows.Due(session, now, "another node", ownerIsAlone: false, limit: 10));

    private static async Task DueRetireAsync(UpkeepScene scene, string at)
    {
        await scene.RotateAsync(Cancel);
        scene.Hold(at);
        scene.Server.Clock.SetTo(scene.Task(UpkeepKind.Retire)!.DueAt!.Value);
    }

    private static async Task AbandonAsync(UpkeepScene scene, string at)
    {
        scene.Fails = what => what.StartsWith("login app", StringComparison.Ordinal) && what != "login app one"
            ? new RotatorException(FailureCause.Network, "the connection broke")
            : null;
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation() is { Cause: not null, Owner: null }, Cancel);
        scene.Fails = _ => null;
        scene.Hold(at);
        // The second login with the value by hand is the proof after the change.
        if (at == "login app by hand") scene.Skip(1);
        await scene.PutAsync("by hand", Cancel);
    }

    private static async Task HoldRetireAsync(UpkeepScene scene)
    {
        scene.Hold("retire");
        scene.Server.Clock.SetTo(scene.Task(UpkeepKind.Retire)!.DueAt!.Value);
        await scene.UntilAsync(() => scene.Reached.Task.IsCompleted, Cancel);
    }
}
