namespace Rekey.Server.Rotation.Logins;

/// <summary>Logins of one account that were refused since it was last let in.</summary>
/// <param name="LastAt">When the value was read with which the last one was refused.</param>
internal sealed record LoginRefusal(string Principal, int Count, DateTimeOffset LastAt);

/// <summary>What humans did about the account.</summary>
/// <param name="DecidedAt">They stored the value that holds its password, or started that secret's rotation.</param>
/// <param name="AskedAt">They did so with a secret that only uses the account as its superuser.</param>
internal readonly record struct LoginDecision(DateTimeOffset? DecidedAt, DateTimeOffset? AskedAt);

/// <param name="Free">Logins that may be under way at a time, since each of them may be refused; 0 for none.</param>
/// <param name="Until">When one may be tried again, if none may now.</param>
internal readonly record struct LoginAllowance(int Free, DateTimeOffset? Until);

/// <summary>
/// How many refused logins an account may be caused, over all secrets and all kinds of work. Servers lock an account after a number in a
/// row, ten by Oracle's default. Pure.
/// </summary>
internal static class LoginBudget
{
    /// <summary>
    /// How long an account rests that was refused as often as may be; four times as long after each further refusal. The first is short,
    /// for it may have been another server's word; the sixth further one comes after a month.
    /// </summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromHours(1);

    /// <summary>The longest rest.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromDays(16);

    /// <summary>
    /// Who starts a rotation by hand gets one more login of its superuser, but no sooner than this after the last refusal, and twice as
    /// long after each further one: rotations that a script starts one after the other must not be what locks it.
    /// </summary>
    public static readonly TimeSpan AskedPause = TimeSpan.FromMinutes(1);

    /// <param name="max">Refusals in a row after which the account rests.</param>
    public static LoginAllowance Of(LoginRefusal? refusal, LoginDecision decision, int max, DateTimeOffset now)
    {
        if (refusal is null || IsOutdated(refusal, decision)) return new LoginAllowance(max, null);
        if (refusal.Count < max) return new LoginAllowance(max - refusal.Count, null);
        if (decision.AskedAt >= refusal.LastAt + Lengthened(AskedPause, 2, refusal.Count - max)) return new LoginAllowance(1, null);
        var until = RestEnds(refusal, max)!.Value;
        return until <= now ? new LoginAllowance(1, null) : new LoginAllowance(0, until);
    }

    /// <summary>When the account may be tried once more, if no human decides anything; null while it need not rest.</summary>
    public static DateTimeOffset? RestEnds(LoginRefusal refusal, int max) =>
        refusal.Count < max ? null : refusal.LastAt + Lengthened(FirstPause, 4, refusal.Count - max);

    /// <summary>The account as it is after a login was refused with a value that was read then.</summary>
    public static LoginRefusal Refused(
        LoginRefusal? before, LoginDecision decision, string principal, int times, DateTimeOffset readAt)
    {
        if (before is null || IsOutdated(before, decision)) return new LoginRefusal(principal, times, readAt);
        return before with { Count = before.Count + times, LastAt = before.LastAt > readAt ? before.LastAt : readAt };
    }

    private static bool IsOutdated(LoginRefusal refusal, LoginDecision decision) => decision.DecidedAt >= refusal.LastAt;

    private static TimeSpan Lengthened(TimeSpan pause, int factor, int times) =>
        TimeSpan.FromSeconds(Math.Min(pause.TotalSeconds * Math.Pow(factor, times), LongestPause.TotalSeconds));
}
