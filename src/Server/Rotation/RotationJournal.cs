using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// What happened to a rotation, in order: the flight recorder that operators read. Never a value, only classes and codes.
/// </summary>
internal static class RotationJournal
{
    private const string Columns =
        "version_id, at, event, step, attempt, cause, message, duration_ms, sql_state, native_code, gap_ms, label_moves";

    public static void Append(
        Session session, RotationInProgress rotation, RotationEventName name, DateTimeOffset at, string? step = null) =>
        Append(session, new RotationEvent(
            rotation.SecretArn, rotation.VersionId, at, name, step, rotation.Attempt, rotation.Cause, rotation.CauseMessage));

    /// <summary>The end of a step, with how long it took and what the target said.</summary>
    public static void AppendStep(
        Session session, RotationInProgress rotation, RotationEventName name, DateTimeOffset at, RotationStep step,
        StepOutcome outcome = default) =>
        Append(session, new RotationEvent(
            rotation.SecretArn, rotation.VersionId, at, name, step.WireName(), rotation.Attempt, outcome.Cause, outcome.Message)
        {
            Duration = rotation.StepStartedAt is { } started ? at - started : null,
            SqlState = outcome.SqlState,
            NativeCode = outcome.NativeCode,
        });

    /// <summary>Writes the event down, and has webhooks and metrics told of it once it is committed.</summary>
    public static void Append(Session session, RotationEvent entry)
    {
        session.Execute(
            "INSERT INTO rotation_events (arn, version_id, at, sequence, event, step, attempt, cause, message, duration_ms, sql_state, " +
            "native_code, gap_ms, label_moves) VALUES (@arn, @version, @at, " +
            "(SELECT COALESCE(MAX(sequence), 0) + 1 FROM rotation_events WHERE arn = @arn), @event, @step, @attempt, @cause, @message, " +
            "@duration, @sqlState, @nativeCode, @gap, @labelMoves)",
            ("arn", entry.SecretArn), ("version", entry.VersionId), ("at", entry.At), ("event", entry.Name.ToString()),
            ("step", entry.Step), ("attempt", entry.Attempt), ("cause", entry.Cause?.ToString()), ("message", entry.Message),
            ("duration", Milliseconds(entry.Duration)), ("sqlState", entry.SqlState), ("nativeCode", entry.NativeCode),
            ("gap", Milliseconds(entry.Gap)), ("labelMoves", LabelMoves.Write(entry.LabelMoves)));
        RotationNews.Publish(session, entry);
    }

    /// <summary>The newest events of a secret, oldest first.</summary>
    public static List<RotationEvent> Newest(Session session, string secretArn, int limit)
    {
        var events = session.Query(
            $"SELECT {Columns} FROM rotation_events WHERE arn = @arn ORDER BY sequence DESC LIMIT @limit",
            row => Map(secretArn, row), ("arn", secretArn), ("limit", limit));
        events.Reverse();
        return events;
    }

    /// <summary>How the last rotation, or test of one, ended that has; null before the first.</summary>
    public static RotationEvent? LastEnd(Session session, string secretArn) => session.Find(
        $"SELECT {Columns} FROM rotation_events WHERE arn = @arn AND step IS NULL AND event IN ('RotationSucceeded', 'RotationFailed', " +
        "'RotationAbandoned', 'RotationCancelled', 'RotationMissed', 'TestRotationSucceeded', 'TestRotationFailed') " +
        "ORDER BY sequence DESC LIMIT 1",
        row => Map(secretArn, row), ("arn", secretArn));

    private static RotationEvent Map(string secretArn, Row row) => new(
        secretArn, row.Text(0), row.Time(1), Enum.Parse<RotationEventName>(row.Text(2)), row.TextOrNull(3), checked((int)row.Number(4)),
        row.TextOrNull(5) is { } cause ? Enum.Parse<FailureCause>(cause) : null, row.TextOrNull(6))
    {
        Duration = Duration(row.NumberOrNull(7)),
        SqlState = row.TextOrNull(8),
        NativeCode = row.TextOrNull(9),
        Gap = Duration(row.NumberOrNull(10)),
        LabelMoves = LabelMoves.Read(row.TextOrNull(11)),
    };

    /// <summary>True when a rotation made, or is making, the version.</summary>
    public static bool Knows(Session session, string secretArn, string versionId) =>
        session.Find(
            "SELECT 1 FROM rotation_events WHERE arn = @arn AND version_id = @version LIMIT 1",
            row => row.Number(0), ("arn", secretArn), ("version", versionId)) == 1;

    /// <summary>When something happened last to the rotation that made the version; null when none did.</summary>
    public static DateTimeOffset? LastOf(Session session, string secretArn, string versionId) => session.Find(
        "SELECT MAX(at) FROM rotation_events WHERE arn = @arn AND version_id = @version",
        row => row.TimeOrNull(0), ("arn", secretArn), ("version", versionId));

    /// <summary>How many steps and healings failed because logins were refused since a rotation or a healing last succeeded.</summary>
    public static int RefusedSinceSuccess(Session session, string secretArn) => checked((int)session.Find(
        "SELECT COUNT(*) FROM rotation_events WHERE arn = @arn AND event IN ('StepFailed', 'HealFailed') AND cause = 'Auth' " +
        "AND sequence > (SELECT COALESCE(MAX(sequence), 0) FROM rotation_events WHERE arn = @arn " +
        "AND event IN ('RotationSucceeded', 'HealSucceeded'))",
        row => row.Number(0), ("arn", secretArn)));

    /// <summary>True when setSecret has succeeded for the version, which includes a login with it.</summary>
    public static bool WasSet(Session session, string secretArn, string versionId) => session.Find(
        "SELECT 1 FROM rotation_events WHERE arn = @arn AND version_id = @version AND event = 'StepSucceeded' " +
        "AND step = 'setSecret' LIMIT 1",
        row => row.Number(0), ("arn", secretArn), ("version", versionId)) == 1;

    /// <summary>True when rotations have begun to change the target, and none has succeeded.</summary>
    public static bool HasUnfinishedAlone(Session session, string secretArn) =>
        session.Find(
            "SELECT 1 FROM rotation_events WHERE arn = @arn AND step = 'setSecret' AND NOT EXISTS " +
            "(SELECT 1 FROM rotation_events WHERE arn = @arn AND event = 'RotationSucceeded') LIMIT 1",
            row => row.Number(0), ("arn", secretArn)) == 1;

    private static long? Milliseconds(TimeSpan? span) => span is null ? null : (long)Math.Ceiling(span.Value.TotalMilliseconds);

    private static TimeSpan? Duration(long? milliseconds) => milliseconds is null ? null : TimeSpan.FromMilliseconds(milliseconds.Value);

    public static void DeleteBefore(Session session, string secretArn, DateTimeOffset moment) =>
        session.Execute("DELETE FROM rotation_events WHERE arn = @arn AND at < @moment", ("arn", secretArn), ("moment", moment));
}

/// <param name="Step">createSecret, setSecret, testSecret or finishSecret; null for events of the whole rotation.</param>
internal sealed record RotationEvent(
    string SecretArn, string VersionId, DateTimeOffset At, RotationEventName Name, string? Step, int Attempt, FailureCause? Cause,
    string? Message)
{
    /// <summary>How long the step took; null for events of the whole rotation.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>What the target said, where it was a database.</summary>
    public string? SqlState { get; init; }

    /// <inheritdoc cref="SqlState"/>
    public string? NativeCode { get; init; }

    /// <summary>Of a rotation that succeeded: how long the target refused the value that applications had; zero for not at all.</summary>
    public TimeSpan? Gap { get; init; }

    /// <summary>The staging labels it moved, in order.</summary>
    public IReadOnlyList<LabelMove> LabelMoves { get; init; } = [];
}

/// <summary>AWS's names where AWS has one.</summary>
internal enum RotationEventName
{
    RotationStarted,
    RotationRedriven,
    StepStarted,
    StepSucceeded,
    StepFailed,
    RotationSucceeded,
    RotationFailed,
    RotationAbandoned,
    RotationCancelled,

    /// <summary>Another secret's rotation has the same account under its hands: this one waits for it.</summary>
    RotationWaiting,

    /// <summary>The server was not there during the whole window.</summary>
    RotationMissed,
    TestRotationStarted,
    TestRotationSucceeded,
    TestRotationFailed,

    // Of upkeep, between rotations.
    HealStarted,
    HealSucceeded,
    HealFailed,
    RetireStarted,
    RetireSucceeded,
    RetireFailed,

    /// <summary>The secret was purged before its old credential was taken away.</summary>
    RetireAbandoned,

    HeartbeatSucceeded,
    HeartbeatFailed,

    /// <summary>AWSCURRENT logs in, but the rights of the pair differ.</summary>
    GrantDrift,
}
