using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Logins;

/// <summary>All SQL of <c>login_refusals</c> and <c>login_decisions</c>.</summary>
internal static class LoginRefusals
{
    /// <summary>What is older than this says nothing any more: the longest pause is over by then.</summary>
    private static readonly TimeSpan s_memory = 4 * LoginBudget.LongestPause;

    public static LoginRefusal? Find(Session session, string principal) =>
        session.Find(
            "SELECT refused, last_at FROM login_refusals WHERE principal = @principal",
            row => new LoginRefusal(principal, checked((int)row.Number(0)), row.Time(1)), ("principal", principal));

    public static void Write(Session session, LoginRefusal refusal, DateTimeOffset now)
    {
        session.Execute("DELETE FROM login_refusals WHERE last_at < @before", ("before", now - s_memory));
        session.Execute("DELETE FROM login_decisions WHERE at < @before", ("before", now - s_memory));
        session.Execute(
            "INSERT INTO login_refusals (principal, refused, last_at) VALUES (@principal, @refused, @at) "
            + "ON CONFLICT (principal) DO UPDATE SET refused = @refused, last_at = @at",
            ("principal", refusal.Principal), ("refused", refusal.Count), ("at", refusal.LastAt));
    }

    public static void Delete(Session session, string principal) =>
        session.Execute("DELETE FROM login_refusals WHERE principal = @principal", ("principal", principal));

    /// <param name="secretArn">The secret that is worked for.</param>
    /// <param name="superuserArn">The secret that holds the account's password, when that is its superuser; else null.</param>
    /// <param name="session">Where to look.</param>
    public static LoginDecision DecisionOn(Session session, string secretArn, string? superuserArn)
    {
        var own = DecidedAt(session, secretArn);
        return superuserArn is null ? new LoginDecision(own, null) : new LoginDecision(DecidedAt(session, superuserArn), own);
    }

    /// <returns>False when nothing is counted that a decision could bear on.</returns>
    public static bool Decide(Session session, string secretArn, DateTimeOffset now)
    {
        if (session.Find("SELECT 1 FROM login_refusals LIMIT 1", row => row.Number(0)) != 1) return false;
        session.Execute(
            "INSERT INTO login_decisions (arn, at) VALUES (@arn, @at) ON CONFLICT (arn) DO UPDATE SET at = @at",
            ("arn", secretArn), ("at", now));
        return true;
    }

    /// <summary>
    /// After the clock was set back: what was counted and decided lies as far back as it did, and in the same order. A decision that seemed
    /// to come after every refusal would let logins be tried without end.
    /// </summary>
    public static void SetBack(Session session, DateTimeOffset now)
    {
        var latest = session.Find(
            "SELECT MAX(seen) FROM (SELECT MAX(at) AS seen FROM login_decisions UNION ALL SELECT MAX(last_at) FROM login_refusals) times",
            row => row.TimeOrNull(0));
        if (latest is not { } ahead || ahead <= now) return;
        var by = (long)Math.Ceiling((ahead - now).TotalMilliseconds);
        session.Execute("UPDATE login_decisions SET at = at - @by", ("by", by));
        session.Execute("UPDATE login_refusals SET last_at = last_at - @by", ("by", by));
    }

    private static DateTimeOffset? DecidedAt(Session session, string secretArn) =>
        session.Find("SELECT at FROM login_decisions WHERE arn = @arn", row => row.TimeOrNull(0), ("arn", secretArn));
}
