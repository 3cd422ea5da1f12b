using Rekey.Rotators;
using Rekey.Server.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

public sealed class RotationRunTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 16, 0, 0, TimeSpan.Zero);
    private static readonly (DateTimeOffset, DateTimeOffset) NextWindow = (Now.AddDays(14), Now.AddDays(14).AddHours(2));
    private static readonly RotationOptions Options = new();

    [Fact]
    public void FourStepsInOrder_ThenSettle()
    {
        var (rotation, effect) = RotationRun.Begin(Queued(), Now);
        var steps = new List<RotationStep?>();
        while (effect == RotationEffect.Step)
        {
            steps.Add(RotationRun.StepOf(rotation.State));
            (rotation, effect) = RotationRun.Succeeded(rotation, Now);
        }
        steps.ShouldBe([RotationStep.CreateSecret, RotationStep.SetSecret, RotationStep.TestSecret, RotationStep.FinishSecret]);
        effect.ShouldBe(RotationEffect.Settle);
        rotation.Attempt.ShouldBe(1);
    }

    [Fact]
    public void Test_RunsTestSecretAlone()
    {
        var (rotation, effect) = RotationRun.Begin(Queued() with { Kind = RotationKind.Test }, Now);
        RotationRun.StepOf(rotation.State).ShouldBe(RotationStep.TestSecret);
        effect.ShouldBe(RotationEffect.Step);
        RotationRun.Succeeded(rotation, Now).Item2.ShouldBe(RotationEffect.EndTest);
    }

    [Fact]
    public void PendingMayBeLive_FromTheIntentOfSetSecret()
    {
        var (creating, _) = RotationRun.Begin(Queued(), Now);
        creating.PendingMayBeLive.ShouldBeFalse();
        RotationRun.Succeeded(creating, Now).Item1.PendingMayBeLive.ShouldBeTrue();
    }

    // cause, state, attempt, live → effect; seconds until the next attempt with the delay in the middle of its tolerance
    [Theory]
    [InlineData(FailureCause.Network, RotationState.Creating, 1, false, "Wait", 30)]
    [InlineData(FailureCause.Network, RotationState.Creating, 2, false, "Wait", 60)]
    [InlineData(FailureCause.Network, RotationState.Creating, 4, false, "Wait", 240)]
    [InlineData(FailureCause.Network, RotationState.Creating, 5, false, "Park", 0)]
    [InlineData(FailureCause.Auth, RotationState.Setting, 1, true, "Wait", 30)]
    [InlineData(FailureCause.Auth, RotationState.Setting, 2, true, "Park", 0)]
    [InlineData(FailureCause.Policy, RotationState.Setting, 1, true, "Park", 0)]
    [InlineData(FailureCause.Privilege, RotationState.Setting, 1, true, "Park", 0)]
    [InlineData(FailureCause.Precondition, RotationState.Setting, 1, true, "Park", 0)]
    [InlineData(FailureCause.Precondition, RotationState.Creating, 1, false, "Drop", 0)]
    [InlineData(FailureCause.Policy, RotationState.Setting, 1, false, "Regenerate", 0)]
    [InlineData(FailureCause.Network, RotationState.Setting, 1, false, "Wait", 30)]
    [InlineData(FailureCause.Network, RotationState.Setting, 5, false, "Park", 0)]
    [InlineData(FailureCause.Network, RotationState.Setting, 1, true, "Wait", 1)]
    [InlineData(FailureCause.Network, RotationState.Testing, 3, true, "Wait", 4)]
    [InlineData(FailureCause.Unavailable, RotationState.Testing, 500, true, "Wait", 30)]
    [InlineData(FailureCause.Tls, RotationState.Finishing, 9, true, "Wait", 30)]
    public void Failure_RetriesWhileWaitingCanHelp(
        FailureCause cause, object state, int attempt, bool live, string effect, double seconds)
    {
        var rotation = Queued() with
        {
            State = (RotationState)state,
            Attempt = attempt,
            PendingMayBeLive = live,
            Cause = attempt > 1 ? cause : null,
        };
        var (next, actual) = RotationRun.Failed(rotation, new StepOutcome(cause, "why"), Options, jitter: 0, Now, nextWindow: null);

        actual.ToString().ShouldBe(effect);
        next.Cause.ShouldBe(cause);
        next.Owner.ShouldBeNull();
        if (actual == RotationEffect.Wait) next.NotBefore.ShouldBe(Now.AddSeconds(seconds));
        if (actual == RotationEffect.Park) next.State.ShouldBe(RotationState.Parked);
    }

    // Why it failed; hours until the next window opens, null for no schedule; hours until it is tried again
    [Theory]
    [InlineData(FailureCause.Auth, null, 1)]
    [InlineData(FailureCause.Auth, 720.0, 1)]
    [InlineData(FailureCause.Auth, 0.5, 1)]
    [InlineData(FailureCause.Privilege, null, 24)]
    [InlineData(FailureCause.Precondition, 5.0, 24)]
    public void LockedOut_IsTriedAgainWhateverTheWindow(FailureCause cause, double? window, int hours)
    {
        var rotation = Queued() with { State = RotationState.Setting, Attempt = 2, PendingMayBeLive = true, Cause = cause };
        (DateTimeOffset, DateTimeOffset)? next = window is { } opens ? (Now.AddHours(opens), Now.AddHours(opens + 2)) : null;
        var (failed, effect) = RotationRun.Failed(rotation, new StepOutcome(cause, "no"), Options, 0, Now, next);
        effect.ShouldBe(RotationEffect.Park);
        failed.State.ShouldBe(RotationState.Parked);
        failed.NotBefore.ShouldBe(Now.AddHours(hours));
    }

    [Theory]
    [InlineData(-1, 24)]
    [InlineData(1, 36)]
    public void Delay_StaysWithinAFifth(double jitter, double seconds)
    {
        var rotation = Queued() with { State = RotationState.Creating, Attempt = 1 };
        var (next, _) = RotationRun.Failed(rotation, new StepOutcome(FailureCause.Network, null), Options, jitter, Now, null);
        next.NotBefore.ShouldBe(Now.AddSeconds(seconds));
    }

    /// <summary>Where the target keeps both credentials, a rotation may be given up until its last step.</summary>
    [Fact]
    public void PendingMayBeLive_WhereCurrentIsSafe_FromTheIntentOfFinishSecret()
    {
        var set = Queued() with { State = RotationState.Setting, PendingMayBeLive = true };
        var reported = RotationRun.Reported(set, new StepReport { CurrentIsSafe = true });
        var (testing, _) = RotationRun.Succeeded(reported, Now);
        (testing.State, testing.PendingMayBeLive).ShouldBe((RotationState.Testing, false));
        var (finishing, _) = RotationRun.Succeeded(testing, Now);
        (finishing.State, finishing.PendingMayBeLive).ShouldBe((RotationState.Finishing, true));
    }

    [Theory]
    [InlineData(3600, 3600)]
    [InlineData(5, 30)]
    public void FailureThatKnowsWhenItIsOver_IsRetriedThen_AndNoSoonerThanOthers(int over, int seconds)
    {
        var rotation = Queued() with { State = RotationState.Creating, Attempt = 1 };
        var outcome = new StepOutcome(FailureCause.Unavailable, null) { NotBefore = Now.AddSeconds(over) };
        RotationRun.Failed(rotation, outcome, Options, 0, Now, null).Item1.NotBefore.ShouldBe(Now.AddSeconds(seconds));
    }

    [Fact]
    public void RetryBeyondTheWindow_WaitsForTheNextOne()
    {
        var rotation = Queued() with { State = RotationState.Creating, Attempt = 1, WindowEnd = Now.AddSeconds(20) };
        var (next, effect) = RotationRun.Failed(rotation, new StepOutcome(FailureCause.Network, null), Options, 0, Now, NextWindow);
        effect.ShouldBe(RotationEffect.Park);
        next.State.ShouldBe(RotationState.Reserved);
        next.NotBefore.ShouldBe(NextWindow.Item1);
        next.WindowEnd.ShouldBe(NextWindow.Item2);
        next.Attempt.ShouldBe(0);
    }

    [Fact]
    public void LiveTarget_RetriesBeyondTheWindow()
    {
        var rotation = Queued() with { State = RotationState.Testing, Attempt = 7, PendingMayBeLive = true, WindowEnd = Now };
        var (next, effect) = RotationRun.Failed(rotation, new StepOutcome(FailureCause.Network, null), Options, 0, Now, NextWindow);
        effect.ShouldBe(RotationEffect.Wait);
        next.NotBefore.ShouldBe(Now.AddSeconds(30));
    }

    [Theory]
    [InlineData(0, "Replace", 1)]
    [InlineData(RotationRun.StrictnessMax, "Drop", RotationRun.StrictnessMax)]
    public void W18_RefusedPassword_ThatMayHaveBeenSentBefore_GivesWayToAnotherVersion(int strictness, string effect, int next)
    {
        var rotation = Queued() with
        {
            State = RotationState.Setting,
            Attempt = 2,
            PendingMayBeLive = true,
            Strictness = strictness,
        };
        var refused = new StepOutcome(FailureCause.Policy, "too short", TargetUntouched: true);
        var (after, actual) = RotationRun.Failed(rotation, refused, Options, 0, Now, NextWindow);
        actual.ToString().ShouldBe(effect);
        after.Strictness.ShouldBe(next);
    }

    [Fact]
    public void FailedTest_EndsAtOnce()
    {
        var rotation = Queued() with { Kind = RotationKind.Test, State = RotationState.Testing, Attempt = 1 };
        RotationRun.Failed(rotation, new StepOutcome(FailureCause.Network, null), Options, 0, Now, NextWindow).Item2.ShouldBe(
            RotationEffect.EndTest);
    }

    [Fact]
    public void Redriven_StartsAtOnceAndOutdatesEveryLease()
    {
        var parked = Queued() with { State = RotationState.Parked, Attempt = 5, PendingMayBeLive = true, WindowEnd = Now, Fence = 7 };
        var redriven = RotationRun.Redriven(parked, Now);
        redriven.State.ShouldBe(RotationState.Reserved);
        redriven.Attempt.ShouldBe(0);
        redriven.Fence.ShouldBe(8);
        redriven.PendingMayBeLive.ShouldBeTrue();
        redriven.WindowEnd.ShouldBeNull();
    }

    private static RotationInProgress Queued() => new()
    {
        SecretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf",
        VersionId = "11111111-2222-3333-4444-555555555555",
        Kind = RotationKind.Rotate,
        State = RotationState.Reserved,
        NotBefore = Now,
        StartedAt = Now,
        Owner = "node",
        LeaseUntil = Now.AddMinutes(2),
    };
}
