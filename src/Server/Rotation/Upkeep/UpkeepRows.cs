using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Upkeep;

/// <summary>Row by row SQL of <c>rotation_upkeep</c>.</summary>
internal static class UpkeepRows
{
    private const string Columns = "arn, kind, due_at, attempt, owner, lease_until, fence, outcome, ended_at, cause, cause_message";

    /// <summary>
    /// Tasks that no other node has, of secrets that are in no rotation; healings also where the rotation waits and has touched nothing
    /// yet, for what it waits for may be that AWSCURRENT logs in.
    /// </summary>
    private const string Free =
        "(@alone = 1 OR owner = @node OR lease_until IS NULL OR lease_until <= @now) "
        + "AND NOT EXISTS (SELECT 1 FROM rotations r WHERE r.arn = rotation_upkeep.arn "
        + "AND (rotation_upkeep.kind <> 'Heal' OR r.owner IS NOT NULL OR r.pending_may_be_live = 1))";

    public static UpkeepTask? Find(Session session, string secretArn, UpkeepKind kind) =>
        session.Find(
            $"SELECT {Columns} FROM rotation_upkeep WHERE arn = @arn AND kind = @kind", Map, ("arn", secretArn), ("kind", kind.ToString()));

    /// <summary>The tasks of a secret, at most one of a kind.</summary>
    public static List<UpkeepTask> Of(Session session, string secretArn) =>
        session.Query($"SELECT {Columns} FROM rotation_upkeep WHERE arn = @arn ORDER BY kind", Map, ("arn", secretArn));

    /// <summary>
    /// Tasks whose time has come, oldest first. Those that this node runs are among them: the caller knows which, and the others lost their
    /// runner.
    /// </summary>
    public static List<UpkeepTask> Due(Session session, DateTimeOffset now, string nodeId, bool ownerIsAlone, int limit) =>
        session.Query(
            $"SELECT {Columns} FROM rotation_upkeep WHERE due_at <= @now AND {Free} ORDER BY due_at LIMIT @limit", Map,
            ("now", now), ("node", nodeId), ("alone", ownerIsAlone), ("limit", limit));

    /// <summary>When the next task that nobody runs may be claimed; null when there is none.</summary>
    public static DateTimeOffset? NextMoment(Session session, DateTimeOffset now, string nodeId, bool ownerIsAlone) =>
        session.Find(
            $"SELECT due_at FROM rotation_upkeep WHERE due_at IS NOT NULL AND (owner IS NULL OR owner <> @node) AND {Free} "
            + "ORDER BY due_at LIMIT 1",
            row => row.TimeOrNull(0), ("now", now), ("node", nodeId), ("alone", ownerIsAlone));

    /// <summary>True while a task of the secret may be speaking to its database from another node.</summary>
    public static bool IsLeasedElsewhere(Session session, string secretArn, string nodeId, DateTimeOffset now) =>
        session.Find(
            "SELECT 1 FROM rotation_upkeep WHERE arn = @arn AND lease_until > @now AND (owner IS NULL OR owner <> @node) LIMIT 1",
            row => row.Number(0), ("arn", secretArn), ("now", now), ("node", nodeId)) == 1;

    /// <summary>True while the claim is the newest.</summary>
    public static bool Holds(Session session, UpkeepTask claimed) =>
        Find(session, claimed.SecretArn, claimed.Kind)?.Fence == claimed.Fence;

    /// <summary>
    /// Makes a task due, in the place of one of the same kind. Whoever runs that one has lost it, and is given the time of its lease to let
    /// go of the database.
    /// </summary>
    public static void Schedule(Session session, string secretArn, UpkeepKind kind, DateTimeOffset dueAt) =>
        session.Execute(
            "INSERT INTO rotation_upkeep (arn, kind, due_at, attempt, fence) VALUES (@arn, @kind, @due, 0, 1) ON CONFLICT (arn, kind) "
            + "DO UPDATE SET due_at = @due, attempt = 0, owner = NULL, fence = rotation_upkeep.fence + 1",
            ("arn", secretArn), ("kind", kind.ToString()), ("due", dueAt));

    /// <summary>
    /// A rotation of the secret begins: who still runs one of its tasks, past its lease, has lost it. What was due stays due.
    /// </summary>
    public static void TakeAway(Session session, string secretArn) =>
        session.Execute(
            "UPDATE rotation_upkeep SET owner = NULL, fence = fence + 1 WHERE arn = @arn AND owner IS NOT NULL", ("arn", secretArn));

    /// <summary>Writes the row if the fence is still the one that was read; false when it has changed since.</summary>
    public static bool Update(Session session, UpkeepTask task, long readFence) =>
        session.Execute(
            "UPDATE rotation_upkeep SET due_at = @due, attempt = @attempt, owner = @owner, lease_until = @leaseUntil, fence = @fence, "
            + "outcome = @outcome, ended_at = @ended, cause = @cause, cause_message = @message "
            + "WHERE arn = @arn AND kind = @kind AND fence = @readFence",
            ("arn", task.SecretArn), ("kind", task.Kind.ToString()), ("due", task.DueAt), ("attempt", task.Attempt),
            ("owner", task.Owner), ("leaseUntil", task.LeaseUntil), ("fence", task.Fence), ("outcome", task.Outcome?.ToString()),
            ("ended", task.EndedAt), ("cause", task.Cause?.ToString()), ("message", task.CauseMessage), ("readFence", readFence)) == 1;

    /// <summary>A task that waits for the end of a lease need not wait any more.</summary>
    public static void BringForward(Session session, string secretArn, UpkeepKind kind, DateTimeOffset? leaseUntil, DateTimeOffset now) =>
        session.Execute(
            "UPDATE rotation_upkeep SET due_at = @now WHERE arn = @arn AND kind = @kind AND owner IS NULL AND due_at = @until "
            + "AND due_at > @now",
            ("arn", secretArn), ("kind", kind.ToString()), ("until", leaseUntil), ("now", now));

    /// <summary>Who has lost the task has let go of the database: nobody need wait for the end of its lease.</summary>
    public static void LetGo(Session session, UpkeepTask lost) =>
        session.Execute(
            "UPDATE rotation_upkeep SET lease_until = NULL WHERE arn = @arn AND kind = @kind AND owner IS NULL AND lease_until = @until",
            ("arn", lost.SecretArn), ("kind", lost.Kind.ToString()), ("until", lost.LeaseUntil));

    private static UpkeepTask Map(Row row) => new()
    {
        SecretArn = row.Text(0),
        Kind = Enum.Parse<UpkeepKind>(row.Text(1)),
        DueAt = row.TimeOrNull(2),
        Attempt = checked((int)row.Number(3)),
        Owner = row.TextOrNull(4),
        LeaseUntil = row.TimeOrNull(5),
        Fence = row.Number(6),
        Outcome = row.TextOrNull(7) is { } outcome ? Enum.Parse<UpkeepOutcome>(outcome) : null,
        EndedAt = row.TimeOrNull(8),
        Cause = row.TextOrNull(9) is { } cause ? Enum.Parse<FailureCause>(cause) : null,
        CauseMessage = row.TextOrNull(10),
    };
}
