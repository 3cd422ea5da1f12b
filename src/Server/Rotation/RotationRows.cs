using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>Row by row SQL of <c>rotations</c>. What may change when is <see cref="RotationQueue"/>'s business.</summary>
internal static class RotationRows
{
    private const string Columns =
        "arn, version_id, kind, state, pending_may_be_live, attempt, not_before, window_end, owner, lease_until, fence, started_at, " +
        "step_started_at, cause, cause_message, rotation_token, strictness, must_retire, refused_since";

    public static RotationInProgress? Find(Session session, string secretArn) =>
        session.Find($"SELECT {Columns} FROM rotations WHERE arn = @arn", Map, ("arn", secretArn));

    /// <summary>Attempts after which a rotation that may have locked an application out takes its place among the others.</summary>
    private const int UrgentAttempts = 5;

    /// <summary>One that is parked is tried again nevertheless where its target may have the new password.</summary>
    private const string IsTried = "(state <> @parked OR pending_may_be_live = 1)";

    /// <summary>
    /// Rotations whose time has come and that no other node runs: first those that may have locked an application out and were not tried
    /// often yet, then the oldest. Those of this node are among them: the caller knows which of them it runs, and the others lost their
    /// runner.
    /// </summary>
    public static List<RotationInProgress> Ready(Session session, DateTimeOffset now, string nodeId, bool ownerIsAlone, int limit) =>
        session.Query(
            $"SELECT {Columns} FROM rotations WHERE {IsTried} AND not_before <= @now " +
            "AND (@alone = 1 OR owner IS NULL OR owner = @node OR lease_until <= @now) " +
            "ORDER BY CASE WHEN pending_may_be_live = 1 AND attempt < @urgent THEN 0 ELSE 1 END, not_before LIMIT @limit",
            Map, ("parked", nameof(RotationState.Parked)), ("now", now), ("alone", ownerIsAlone), ("node", nodeId),
            ("urgent", UrgentAttempts), ("limit", limit));

    /// <summary>When the next rotation may be claimed; null when there is none.</summary>
    public static DateTimeOffset? NextMoment(Session session, string nodeId) =>
        session.Find(
            "SELECT MIN(CASE WHEN owner IS NULL THEN not_before WHEN lease_until > not_before THEN lease_until ELSE not_before END) " +
            $"FROM rotations WHERE {IsTried} AND (owner IS NULL OR owner <> @node)",
            row => row.TimeOrNull(0), ("parked", nameof(RotationState.Parked)), ("node", nodeId));

    public static void Insert(Session session, RotationInProgress rotation) =>
        session.Execute(
            $"INSERT INTO rotations ({Columns}) VALUES (@arn, @version, @kind, @state, @live, @attempt, @notBefore, @windowEnd, @owner, " +
            "@leaseUntil, @fence, @startedAt, @stepStartedAt, @cause, @causeMessage, @token, @strictness, @mustRetire, @refusedSince)",
            Parameters(rotation));

    /// <summary>Writes the row if the fence is still the one that was read; false when someone else has claimed it since.</summary>
    public static bool Update(Session session, RotationInProgress rotation, long readFence) =>
        session.Execute(
            "UPDATE rotations SET version_id = @version, kind = @kind, state = @state, pending_may_be_live = @live, attempt = @attempt, " +
            "not_before = @notBefore, window_end = @windowEnd, owner = @owner, lease_until = @leaseUntil, fence = @fence, " +
            "started_at = @startedAt, step_started_at = @stepStartedAt, cause = @cause, cause_message = @causeMessage, " +
            "rotation_token = @token, strictness = @strictness, must_retire = @mustRetire, refused_since = @refusedSince " +
            "WHERE arn = @arn AND version_id = @version AND fence = @readFence",
            [.. Parameters(rotation), ("readFence", readFence)]) == 1;

    public static void Delete(Session session, string secretArn) =>
        session.Execute("DELETE FROM rotations WHERE arn = @arn", ("arn", secretArn));

    private static (string, object?)[] Parameters(RotationInProgress rotation) =>
    [
        ("arn", rotation.SecretArn),
        ("version", rotation.VersionId),
        ("kind", rotation.Kind.ToString()),
        ("state", rotation.State.ToString()),
        ("live", rotation.PendingMayBeLive),
        ("attempt", rotation.Attempt),
        ("notBefore", rotation.NotBefore),
        ("windowEnd", rotation.WindowEnd),
        ("owner", rotation.Owner),
        ("leaseUntil", rotation.LeaseUntil),
        ("fence", rotation.Fence),
        ("startedAt", rotation.StartedAt),
        ("stepStartedAt", rotation.StepStartedAt),
        ("cause", rotation.Cause?.ToString()),
        ("causeMessage", rotation.CauseMessage),
        ("token", rotation.SealedToken),
        ("strictness", rotation.Strictness),
        ("mustRetire", rotation.MustRetire),
        ("refusedSince", rotation.RefusedSince),
    ];

    private static RotationInProgress Map(Row row) => new()
    {
        SecretArn = row.Text(0),
        VersionId = row.Text(1),
        Kind = Enum.Parse<RotationKind>(row.Text(2)),
        State = Enum.Parse<RotationState>(row.Text(3)),
        PendingMayBeLive = row.Flag(4),
        Attempt = checked((int)row.Number(5)),
        NotBefore = row.Time(6),
        WindowEnd = row.TimeOrNull(7),
        Owner = row.TextOrNull(8),
        LeaseUntil = row.TimeOrNull(9),
        Fence = row.Number(10),
        StartedAt = row.Time(11),
        StepStartedAt = row.TimeOrNull(12),
        Cause = row.TextOrNull(13) is { } cause ? Enum.Parse<FailureCause>(cause) : null,
        CauseMessage = row.TextOrNull(14),
        SealedToken = row.BytesOrNull(15),
        Strictness = checked((int)row.Number(16)),
        MustRetire = row.Flag(17),
        RefusedSince = row.TimeOrNull(18),
    };
}
