using Rekey.Rotators;

namespace Rekey.Server.Rotation;

/// <summary>What the runner has to do next.</summary>
internal enum RotationEffect
{
    /// <summary>Perform the step that the state names.</summary>
    Step,

    /// <summary>finishSecret returned: check that AWSCURRENT moved, take AWSPENDING away, set the dates, end.</summary>
    Settle,

    /// <summary>Take the temporary version of a test away and record that it passed.</summary>
    EndTest,

    /// <summary>Nothing until NotBefore.</summary>
    Wait,

    /// <summary>Nothing until a human acts or the next window opens; where the target may have the new password, for a while.</summary>
    Park,

    /// <summary>Take the pending version away: the rotation ends without having touched the target.</summary>
    Drop,

    /// <summary>Take the pending value away, for another attempt to make a stricter one under the same version id.</summary>
    Regenerate,

    /// <summary>
    /// Leave the pending value without a label, because an earlier attempt may have sent it, and begin again with a stricter one as
    /// another version.
    /// </summary>
    Replace,
}

/// <summary>How a step ended.</summary>
/// <param name="Cause">Null when it succeeded.</param>
/// <param name="TargetUntouched">True when it failed and certainly changed nothing on the target.</param>
internal readonly record struct StepOutcome(FailureCause? Cause, string? Message, bool TargetUntouched = false)
{
    /// <summary>What the target said, where it was a database.</summary>
    public string? SqlState { get; init; }

    /// <inheritdoc cref="SqlState"/>
    public string? NativeCode { get; init; }

    /// <summary>When another attempt may succeed at the earliest; null when that is not known.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The pending version can never be made current, and no rotation of ours ever began with it.</summary>
    public bool PendingIsUnusable { get; init; }

    public static StepOutcome Of(RotatorException failure) => new(failure.Cause, failure.Message, failure.TargetUntouched)
    {
        SqlState = failure.SqlState,
        NativeCode = failure.NativeCode,
        NotBefore = failure.NotBefore,
    };

    public static readonly StepOutcome Success = new(null, null);

    public bool Succeeded => Cause is null;
}

/// <summary>
/// The rules of a rotation: (state, event) → (state, effect), without I/O, clock or randomness of its own. The runner writes the returned
/// state before it performs the effect, so the state always names the furthest step that may have begun.
/// </summary>
internal static class RotationRun
{
    /// <summary>How often a password that the server's rules refuse is made stricter before the rotation is given up.</summary>
    public const int StrictnessMax = 3;

    /// <summary>How long a rotation rests whose cause waiting does not mend, once the target may have the new password.</summary>
    public static readonly TimeSpan SlowRetry = TimeSpan.FromDays(1);

    /// <summary>
    /// The same after refused logins, for another server may have spoken, or one that had lost its users for a moment. That no account is
    /// locked is <see cref="Logins.LoginBudget"/>'s business, which makes it wait longer and longer.
    /// </summary>
    public static readonly TimeSpan RefusedRetry = TimeSpan.FromHours(1);

    /// <summary>The step that a state names; null for states without one.</summary>
    public static RotationStep? StepOf(RotationState state) => state switch
    {
        RotationState.Creating => RotationStep.CreateSecret,
        RotationState.Setting => RotationStep.SetSecret,
        RotationState.Testing => RotationStep.TestSecret,
        RotationState.Finishing => RotationStep.FinishSecret,
        _ => null,
    };

    /// <summary>
    /// The first effect of an attempt. A crash, a retry and a re-drive all restart at createSecret: every step converges.
    /// </summary>
    public static (RotationInProgress, RotationEffect) Begin(RotationInProgress rotation, DateTimeOffset now)
    {
        var begun = rotation with { Attempt = rotation.Attempt + 1, StepStartedAt = now };
        return rotation.Kind == RotationKind.Test
            ? (begun with { State = RotationState.Testing }, RotationEffect.Step)
            : (begun with { State = RotationState.Creating }, RotationEffect.Step);
    }

    /// <summary>The effect after one that succeeded.</summary>
    public static (RotationInProgress, RotationEffect) Succeeded(RotationInProgress rotation, DateTimeOffset now) =>
        (rotation.State, rotation.Kind) switch
        {
            (RotationState.Creating, _) => (
                rotation with { State = RotationState.Setting, PendingMayBeLive = true, StepStartedAt = now }, RotationEffect.Step),
            (RotationState.Setting, _) => (rotation with { State = RotationState.Testing, StepStartedAt = now }, RotationEffect.Step),
            (RotationState.Testing, RotationKind.Test) => (rotation, RotationEffect.EndTest),
            (RotationState.Testing, _) => (
                rotation with { State = RotationState.Finishing, PendingMayBeLive = true, StepStartedAt = now }, RotationEffect.Step),
            (RotationState.Finishing, _) => (rotation, RotationEffect.Settle),
            _ => throw new InvalidOperationException($"No step succeeds in state {rotation.State}."),
        };

    /// <summary>
    /// What follows a failed step: another attempt inside the window while the cause may pass, else a pause until someone acts.
    /// </summary>
    /// <param name="jitter">From -1 to 1: where the delay lies within its tolerance.</param>
    /// <param name="nextWindow">The next window of the secret's schedule; null without one.</param>
    public static (RotationInProgress, RotationEffect) Failed(
        RotationInProgress rotation, StepOutcome outcome, RotationOptions options, double jitter, DateTimeOffset now,
        (DateTimeOffset Opens, DateTimeOffset Closes)? nextWindow)
    {
        var cause = outcome.Cause ?? throw new ArgumentException("The step succeeded.", nameof(outcome));
        var failed = rotation with { Cause = cause, CauseMessage = outcome.Message, Owner = null, LeaseUntil = null };
        if (rotation.State == RotationState.Setting && !outcome.TargetUntouched)
            failed = failed with { RefusedSince = rotation.RefusedSince ?? rotation.StepStartedAt };

        if (rotation.Kind == RotationKind.Test) return (failed, RotationEffect.EndTest);
        if (!rotation.PendingMayBeLive && cause == FailureCause.Policy && rotation.Strictness < StrictnessMax)
        {
            var stricter = failed with { State = RotationState.Reserved, Strictness = rotation.Strictness + 1, NotBefore = now };
            return (stricter, RotationEffect.Regenerate);
        }
        if (outcome.PendingIsUnusable) return (failed, RotationEffect.Drop);
        // The server refused this very password while another one logged in: waiting does not make it acceptable.
        if (cause == FailureCause.Policy && outcome.TargetUntouched && rotation.Strictness < StrictnessMax)
            return (failed with { Strictness = rotation.Strictness + 1 }, RotationEffect.Replace);
        if (cause == FailureCause.Policy && outcome.TargetUntouched) return (failed, RotationEffect.Drop);
        if (!rotation.PendingMayBeLive && IsHopeless(rotation.State, cause)) return (failed, RotationEffect.Drop);

        if (rotation.PendingMayBeLive && MayPass(cause))
        {
            // Applications may be locked out until this converges: soon, without end, whatever the window says.
            var soon = now + Delay(rotation.Attempt, options.UrgentRetryDelaySeconds, jitter);
            var latest = now + TimeSpan.FromSeconds(options.RetryDelaySeconds);
            return (failed with { State = RotationState.Reserved, NotBefore = soon < latest ? soon : latest }, RotationEffect.Wait);
        }

        var retryAt = now + Delay(rotation.Attempt, options.RetryDelaySeconds, jitter);
        if (outcome.NotBefore > retryAt) retryAt = outcome.NotBefore.Value;
        if (MayRetry(rotation, cause, options) && (rotation.WindowEnd is not { } end || retryAt < end))
            return (failed with { State = RotationState.Reserved, NotBefore = retryAt }, RotationEffect.Wait);

        if (rotation.PendingMayBeLive)
        {
            // Neither a human nor the next window may be waited for alone: an application may be locked out, and the cause be gone.
            var pause = cause == FailureCause.Auth ? RefusedRetry : SlowRetry;
            return (failed with { State = RotationState.Parked, NotBefore = now + pause, WindowEnd = null }, RotationEffect.Park);
        }
        return nextWindow is { } window
            ? (failed with { State = RotationState.Reserved, Attempt = 0, NotBefore = window.Opens, WindowEnd = window.Closes },
                RotationEffect.Park)
            : (failed with { State = RotationState.Parked }, RotationEffect.Park);
    }

    /// <summary>The rotation with what a step that succeeded reported.</summary>
    public static RotationInProgress Reported(RotationInProgress rotation, StepReport report) =>
        rotation.State != RotationState.Setting
            ? rotation
            : rotation with
            {
                MustRetire = report.MustRetire,
                PendingMayBeLive = rotation.PendingMayBeLive && !report.CurrentIsSafe,
                // An earlier attempt may have made the change already.
                RefusedSince = rotation.RefusedSince < report.RefusedSince ? rotation.RefusedSince : report.RefusedSince,
            };

    /// <summary>Started again by hand: at once, with fresh attempts, bound to no window.</summary>
    public static RotationInProgress Redriven(RotationInProgress rotation, DateTimeOffset now) => rotation with
    {
        State = RotationState.Reserved,
        Attempt = 0,
        NotBefore = now,
        WindowEnd = null,
        Owner = null,
        LeaseUntil = null,
        Fence = rotation.Fence + 1,
    };

    /// <summary>The pending version as it is can never be made current: another one must be made.</summary>
    private static bool IsHopeless(RotationState state, FailureCause cause) =>
        cause == FailureCause.Policy || (state == RotationState.Creating && cause == FailureCause.Precondition);

    private static bool MayRetry(RotationInProgress rotation, FailureCause cause, RotationOptions options)
    {
        // Every further refused login brings the account nearer to its lock-out; other failures in between are not refusals.
        if (cause == FailureCause.Auth && rotation.Cause == FailureCause.Auth) return rotation.Attempt < options.MaxRefusedLogins;
        if (cause == FailureCause.Auth) return rotation.PendingMayBeLive || rotation.Attempt < options.MaxAttempts;
        return MayPass(cause) && rotation.Attempt < options.MaxAttempts;
    }

    /// <summary>False for what no amount of waiting mends, and for refused logins.</summary>
    private static bool MayPass(FailureCause cause) =>
        cause is not (FailureCause.Auth or FailureCause.Precondition or FailureCause.Policy or FailureCause.Privilege);

    private static TimeSpan Delay(int attempt, double firstSeconds, double jitter)
    {
        const int DoublingsMax = 16;
        const double Tolerance = 0.2;
        var doublings = Math.Min(attempt - 1, DoublingsMax);
        return TimeSpan.FromSeconds(firstSeconds * Math.Pow(2, doublings) * (1 + Tolerance * jitter));
    }
}
