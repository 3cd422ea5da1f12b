using Rekey.Rotators;

namespace Rekey.Server.Rotation.Upkeep;

/// <summary>How one attempt of a task ended.</summary>
/// <param name="Message">Text of the failure, in what a pair differs, or what was done; free of secrets.</param>
internal sealed record UpkeepResult(UpkeepOutcome Outcome, FailureCause? Cause = null, string? Message = null)
{
    /// <summary>A healing has stored versions left that it has not tried yet.</summary>
    public bool HasMoreCandidates { get; init; }

    /// <summary>What an abandoned rotation may have made the one that logs in is not known yet: applications may be locked out.</summary>
    public bool HasSuspects { get; init; }

    /// <summary>When the task has more to do; null when it is done.</summary>
    public DateTimeOffset? Again { get; init; }

    /// <summary>AWSCURRENT was refused and has been made to log in again.</summary>
    public bool IsHealed { get; init; }

    public string? SqlState { get; init; }

    public string? NativeCode { get; init; }

    public static UpkeepResult Of(RotatorException failure) => new(UpkeepOutcome.Failed, failure.Cause, failure.Message)
    {
        SqlState = failure.SqlState,
        NativeCode = failure.NativeCode,
    };
}

/// <summary>The rules of upkeep, without I/O, clock or randomness of their own.</summary>
internal static class UpkeepRun
{
    /// <summary>
    /// How long a task rests whose attempts are used up, or whose cause only a human can mend. It goes on for ever: an old credential that
    /// is never taken away is worse than a login a day.
    /// </summary>
    public static readonly TimeSpan SlowRetry = TimeSpan.FromDays(1);

    /// <summary>
    /// How long a healing rests after refused logins before it tries the next stored version: in that time the logins of applications that
    /// work set most servers' count of refusals back.
    /// </summary>
    public static readonly TimeSpan RefusedPause = TimeSpan.FromMinutes(15);

    /// <summary>The task after an attempt, and whether people are told.</summary>
    /// <param name="jitter">From -1 to 1: where the delay lies within its tolerance.</param>
    /// <param name="nextBeat">When the secret's next heartbeat is due; null without one.</param>
    public static (UpkeepTask Next, bool IsTold) After(
        UpkeepTask task, UpkeepResult result, RotationOptions options, double jitter, DateTimeOffset now, DateTimeOffset? nextBeat)
    {
        var isBeat = task.Kind == UpkeepKind.Heartbeat;
        var mayPass = result.Cause is { } cause && MayPass(cause);
        if (mayPass && task.Attempt < options.MaxAttempts)
        {
            var again = Ended(task) with { DueAt = now + Delay(task.Attempt, options, jitter), Attempt = task.Attempt };
            // One beat missed by a busy network is no news.
            if (isBeat) return (again, false);
            return (again with { Outcome = result.Outcome, EndedAt = now, Cause = result.Cause, CauseMessage = result.Message }, true);
        }

        var next = Ended(task) with
        {
            Outcome = result.Outcome,
            EndedAt = now,
            Cause = result.Cause,
            CauseMessage = result.Outcome == UpkeepOutcome.Succeeded ? null : result.Message,
        };
        if (isBeat) return (next with { DueAt = BeatAfter(task, result, now, nextBeat) }, result.IsHealed || IsNews(task, next, now));
        if (result.Outcome == UpkeepOutcome.Succeeded) return (next with { DueAt = result.Again }, true);
        if (result.Cause != FailureCause.Auth) return (next with { DueAt = now + SlowRetry }, true);
        // Every further refused login brings the account nearer to its lock-out: only one that has not been tried yet may follow.
        if (result.HasMoreCandidates && task.Attempt < options.MaxAttempts)
            return (next with { DueAt = now + RefusedPause, Attempt = task.Attempt }, true);
        return (result.HasSuspects ? next with { DueAt = now + RotationRun.RefusedRetry } : next, true);
    }

    /// <summary>The task given back untried.</summary>
    public static UpkeepTask Postponed(UpkeepTask task, DateTimeOffset dueAt) =>
        Ended(task) with { DueAt = dueAt, Attempt = task.Attempt - 1 };

    private static UpkeepTask Ended(UpkeepTask task) =>
        task with { DueAt = null, Attempt = 0, Owner = null, LeaseUntil = null };

    /// <summary>A heartbeat that is refused twice in a row goes on once a day: it must not be what locks the account.</summary>
    private static DateTimeOffset? BeatAfter(UpkeepTask task, UpkeepResult result, DateTimeOffset now, DateTimeOffset? nextBeat)
    {
        var isRefusedAgain = result.Cause == FailureCause.Auth && task is { Outcome: UpkeepOutcome.Failed, Cause: FailureCause.Auth };
        return isRefusedAgain && nextBeat < now + SlowRetry ? now + SlowRetry : nextBeat;
    }

    /// <summary>Another outcome than last time, or the first of a day (UTC): so the journal stays small.</summary>
    private static bool IsNews(UpkeepTask before, UpkeepTask after, DateTimeOffset now) =>
        before.Outcome != after.Outcome || before.Cause != after.Cause || before.CauseMessage != after.CauseMessage
        || before.EndedAt?.UtcDateTime.Date != now.UtcDateTime.Date;

    /// <summary>False for what no amount of waiting mends, and for refused logins.</summary>
    private static bool MayPass(FailureCause cause) =>
        cause is not (FailureCause.Auth or FailureCause.Precondition or FailureCause.Policy or FailureCause.Privilege);

    private static TimeSpan Delay(int attempt, RotationOptions options, double jitter)
    {
        const int DoublingsMax = 16;
        const double Tolerance = 0.2;
        var doublings = Math.Clamp(attempt - 1, 0, DoublingsMax);
        return TimeSpan.FromSeconds(options.RetryDelaySeconds * Math.Pow(2, doublings) * (1 + Tolerance * jitter));
    }
}
