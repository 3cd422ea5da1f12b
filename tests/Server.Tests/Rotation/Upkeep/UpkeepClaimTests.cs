using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>Who may speak to a secret's database when: one task or its rotation, on one node.</summary>
public sealed class UpkeepClaimTests : IAsyncLifetime
{
    private static readonly RotationOptions Options = new();
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(Options.LeaseSeconds);

    private UpkeepScene? _scene;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private UpkeepScene Scene => _scene!;

    /// <summary>Far ahead of the server's own clock: its scheduler leaves alone what the tests do.</summary>
    private DateTimeOffset Later => Scene.Server.Clock.GetUtcNow().AddDays(1);

    public async ValueTask InitializeAsync() => _scene = await UpkeepScene.StartAsync(CancellationToken.None);

    public ValueTask DisposeAsync() => Scene.DisposeAsync();

    private Task<bool> ScheduleAsync(UpkeepKind kind) => Scene.Database.WriteAsync(
        session =>
        {
            UpkeepRows.Schedule(session, Scene.Arn, kind, Later);
            return true;
        },
        Cancel);

    private List<UpkeepTask> Due(string node, DateTimeOffset now) =>
        Scene.Database.Read(session => UpkeepRows.Due(session, now, node, ownerIsAlone: false, limit: 10));

    private Task<UpkeepTask?> TakeAsync(UpkeepTask task, string node, DateTimeOffset now) => Scene.Database.WriteAsync(
        session => UpkeepClaim.Take(session, task, node, ownerIsAlone: false, Options, now), Cancel);

    private Task<RotationInProgress?> TakeRotationAsync(string node, DateTimeOffset now)
    {
        var tokens = Scene.Server.Services.GetRequiredService<RotationTokens>();
        return Scene.Database.WriteAsync(
            session => RotationClaim.Take(
                session, RotationRows.Find(session, Scene.Arn)!, tokens, node, ownerIsAlone: false, Options, now),
            Cancel);
    }

    private bool Holds(UpkeepTask claimed) => Scene.Database.Read(session => UpkeepRows.Holds(session, claimed));

    private Task<bool> QueueRotationAsync() => Scene.Database.WriteAsync(
        session =>
        {
            RotationRows.Insert(session, new RotationInProgress
            {
                SecretArn = Scene.Arn,
                VersionId = UpkeepScene.Token,
                Kind = RotationKind.Rotate,
                State = RotationState.Reserved,
                NotBefore = Later,
                StartedAt = Later,
                Fence = 1,
            });
            return true;
        },
        Cancel);

    [Fact]
    public async Task TwoNodes_OneTakesTheTask()
    {
        await ScheduleAsync(UpkeepKind.Retire);
        var seenByBoth = Due("a", Later).ShouldHaveSingleItem();
        (await TakeAsync(seenByBoth, "a", Later)).ShouldNotBeNull();
        (await TakeAsync(seenByBoth, "b", Later)).ShouldBeNull();
        Due("b", Later).ShouldBeEmpty();
    }

    [Fact]
    public async Task LeaseThatRanOut_IsTakenOver_AndTheFirstWritesNothing()
    {
        await ScheduleAsync(UpkeepKind.Retire);
        var first = (await TakeAsync(Due("a", Later).Single(), "a", Later))!;
        var second = (await TakeAsync(Due("b", Later + Lease).Single(), "b", Later + Lease))!;
        Holds(first).ShouldBeFalse();
        Holds(second).ShouldBeTrue();
        var (ended, _) = UpkeepRun.After(first, new UpkeepResult(UpkeepOutcome.Succeeded), Options, 0, Later, null);
        (await Scene.Database.WriteAsync(session => UpkeepRows.Update(session, ended, first.Fence), Cancel)).ShouldBeFalse();
        Scene.Task(UpkeepKind.Retire)!.Owner.ShouldBe("b");
    }

    [Fact]
    public async Task Task_IsNotTakenWhileTheSecretIsInARotation_NotEvenOneThatIsParked()
    {
        await ScheduleAsync(UpkeepKind.Retire);
        var due = Due("a", Later).Single();
        await QueueRotationAsync();
        (await TakeAsync(due, "a", Later)).ShouldBeNull();
        Due("a", Later).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rotation_IsNotTakenWhileAnotherNodeHasATask_AndThenTakesItAway()
    {
        await ScheduleAsync(UpkeepKind.Retire);
        var task = (await TakeAsync(Due("a", Later).Single(), "a", Later))!;
        await QueueRotationAsync();
        (await TakeRotationAsync("b", Later)).ShouldBeNull();
        Scene.Rotation()!.NotBefore.ShouldBeGreaterThan(Later);
        Holds(task).ShouldBeTrue();

        (await TakeRotationAsync("b", Later + Lease)).ShouldNotBeNull();
        Holds(task).ShouldBeFalse("a node that slept over its lease must not go on");
        Scene.Task(UpkeepKind.Retire)!.DueAt.ShouldBe(task.DueAt, "what was due stays due");
    }

    [Fact]
    public async Task TasksOfOneSecret_TakeTurns()
    {
        await ScheduleAsync(UpkeepKind.Retire);
        await ScheduleAsync(UpkeepKind.Heartbeat);
        var due = Due("a", Later);
        (await TakeAsync(due[0], "a", Later)).ShouldNotBeNull();
        (await TakeAsync(due[1], "b", Later)).ShouldBeNull();
        (await TakeAsync(due[1], "b", Later + Lease)).ShouldNotBeNull();
    }

    [Fact]
    public async Task NewSchedule_OutdatesWhoRunsTheTask_AndWaitsForTheEndOfItsLease()
    {
        await ScheduleAsync(UpkeepKind.Heal);
        var running = (await TakeAsync(Due("a", Later).Single(), "a", Later))!;
        await ScheduleAsync(UpkeepKind.Heal);
        Holds(running).ShouldBeFalse();
        Due("b", Later).ShouldBeEmpty("the first may be speaking to the database");
        Due("b", Later + Lease).ShouldHaveSingleItem();
        await Scene.Database.WriteAsync(
            session =>
            {
                UpkeepRows.LetGo(session, running);
                return true;
            },
            Cancel);
        Due("b", Later).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task TaskThatTakesTheServerDown_IsLeftAloneForADay()
    {
        await ScheduleAsync(UpkeepKind.Heal);
        var now = Later;
        for (var attempt = 1; attempt <= Options.MaxAttempts; attempt++)
        {
            (await TakeAsync(Due("a", now).Single(), "a", now))!.Attempt.ShouldBe(attempt);
            now += Lease;
        }
        (await TakeAsync(Due("a", now).Single(), "a", now)).ShouldBeNull();
        Scene.Task(UpkeepKind.Heal)!.DueAt.ShouldBe(now + UpkeepRun.SlowRetry);
        Scene.Events()[^1].ShouldBe(RotationEventName.HealFailed);
    }

    // The look right before the database is spoken to.
    [Theory]
    [InlineData("Heal")]
    [InlineData("Retire")]
    [InlineData("Heartbeat")]
    public async Task LostTask_DoesNotSpeakToTheDatabase(string kind)
    {
        await Scene.RotateAsync(Cancel);
        var secret = Scene.Database.Read(session => SecretStore.FindByArn(session, Scene.Arn))!;
        var task = new UpkeepTask { SecretArn = Scene.Arn, Kind = Enum.Parse<UpkeepKind>(kind), Fence = 1 };
        var before = Scene.Target.Done.Count;
        var work = Scene.Server.Services.GetRequiredService<UpkeepWork>();
        (await work.RunAsync(task, secret, () => false, Cancel)).ShouldBeNull();
        Scene.Target.Done.Count.ShouldBe(before);
        (await work.RunAsync(task, secret, () => true, Cancel))!.Outcome.ShouldBe(UpkeepOutcome.Succeeded);
        Scene.Target.Done.Count.ShouldBeGreaterThan(before);
    }
}
