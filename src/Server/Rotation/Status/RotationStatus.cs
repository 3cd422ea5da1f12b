using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Status;

/// <summary>Whether the rotation of a secret does what it should: what operators look at first.</summary>
internal sealed record RotationStatus
{
    /// <summary>The secret without its versions.</summary>
    public required Secret Secret { get; init; }

    /// <summary>The rotation in progress; null for none.</summary>
    public RotationInProgress? InProgress { get; init; }

    /// <summary>How the last one ended; null before the first.</summary>
    public RotationEvent? LastEnd { get; init; }

    /// <summary>What is done between rotations.</summary>
    public required List<UpkeepTask> Upkeep { get; init; }

    /// <summary>
    /// Since when a scheduled rotation should have happened that did not: the end of the window that passed, or the moment at which it was
    /// given up. Null when all windows so far had their rotation, or rotation has no schedule.
    /// </summary>
    public DateTimeOffset? OverdueSince { get; init; }

    /// <summary>In fixed order; empty when all is well.</summary>
    public IReadOnlyList<RotationProblem> Problems { get; init; } = [];

    /// <summary>Reads what is stored of one secret.</summary>
    public static RotationStatus Of(Session session, Secret secret, DateTimeOffset now)
    {
        var status = new RotationStatus
        {
            Secret = secret,
            InProgress = RotationRows.Find(session, secret.Arn),
            LastEnd = RotationJournal.LastEnd(session, secret.Arn),
            Upkeep = UpkeepRows.Of(session, secret.Arn),
        };
        var judged = status with { OverdueSince = FindOverdue(status, now) };
        return judged with { Problems = [.. FindProblems(judged)] };
    }

    /// <summary>
    /// The secrets of an account and region whose rotation was ever configured, by name: no replicas, none marked for deletion.
    /// </summary>
    /// <param name="afterName">Where the page before ended; empty at the beginning.</param>
    public static List<Secret> Page(Session session, string account, string region, string afterName, int limit) => session.Query(
        $"SELECT {SecretRow.Columns} FROM secrets WHERE account = @account AND region = @region AND rotation_enabled IS NOT NULL "
        + "AND deleted_at IS NULL AND (primary_region IS NULL OR primary_region = region) AND name > @after ORDER BY name LIMIT @limit",
        SecretRow.Read, ("account", account), ("region", region), ("after", afterName), ("limit", limit));

    /// <summary>The same over all accounts and regions, by ARN, those whose rotation is on.</summary>
    public static List<Secret> PageOfAll(Session session, string afterArn, int limit) => session.Query(
        $"SELECT {SecretRow.Columns} FROM secrets WHERE rotation_enabled IS NOT NULL AND rotation_enabled = 1 "
        + "AND deleted_at IS NULL AND (primary_region IS NULL OR primary_region = region) AND arn > @after ORDER BY arn LIMIT @limit",
        SecretRow.Read, ("after", afterArn), ("limit", limit));

    private static DateTimeOffset? FindOverdue(RotationStatus status, DateTimeOffset now)
    {
        var secret = status.Secret;
        if (secret is not { RotationEnabled: true, NextRotationDate: { } next }) return null;
        // The event is later than any success: a failure that was overcome is not the last end.
        if (status.LastEnd is { Name: RotationEventName.RotationMissed or RotationEventName.RotationFailed } end) return end.At;
        if (status.InProgress?.WindowEnd is { } windowEnd && windowEnd <= now) return windowEnd;
        return next < now ? next : null;
    }

    private static IEnumerable<RotationProblem> FindProblems(RotationStatus status)
    {
        if (status.InProgress is { State: RotationState.Parked }) yield return RotationProblem.Parked;
        else if (IsFailing(status)) yield return RotationProblem.Failing;
        if (status.OverdueSince is not null) yield return RotationProblem.Overdue;
        if (status.Upkeep.Exists(task => task.Outcome == UpkeepOutcome.Failed)) yield return RotationProblem.UpkeepFailing;
        if (status.Upkeep.Exists(task => task.Outcome == UpkeepOutcome.Drifted)) yield return RotationProblem.Drifted;
    }

    private static bool IsFailing(RotationStatus status) => status.InProgress is { } rotation
        ? rotation.Cause is not null
        : status.LastEnd?.Name is RotationEventName.RotationFailed or RotationEventName.TestRotationFailed;
}

/// <summary>What is not as it should be.</summary>
internal enum RotationProblem
{
    /// <summary>Given up until someone acts.</summary>
    Parked,

    /// <summary>The last attempt failed; it is tried again by itself.</summary>
    Failing,

    /// <summary>A window passed without a rotation that succeeded.</summary>
    Overdue,

    /// <summary>Healing, retiring or the heartbeat failed.</summary>
    UpkeepFailing,

    /// <summary>The users of the pair differ in their rights.</summary>
    Drifted,
}
