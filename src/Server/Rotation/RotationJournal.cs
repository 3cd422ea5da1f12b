using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// What happened to a rotation, in order: the flight recorder that operators read. Never a value, only classes and codes.
/// </summary>
internal static class RotationJournal
{
    public static void Append(
        Session session, RotationInProgress rotation, RotationEventName name, DateTimeOffset at, string? step = null) =>
        Append(session, new RotationEvent(
            rotation.SecretArn, rotation.VersionId, at, name, step, rotation.Attempt, rotation.Cause, rotation.CauseMessage));

    public static void Append(Session session, RotationEvent entry) =>
        session.Execute(
            "INSERT INTO rotation_events (arn, version_id, at, sequence, event, step, attempt, cause, message) " +
            "VALUES (@arn, @version, @at, " +
            "(SELECT COALESCE(MAX(sequence), 0) + 1 FROM rotation_events WHERE arn = @arn), @event, @step, @attempt, @cause, @message)",
            ("arn", entry.SecretArn), ("version", entry.VersionId), ("at", entry.At), ("event", entry.Name.ToString()),
            ("step", entry.Step), ("attempt", entry.Attempt), ("cause", entry.Cause?.ToString()), ("message", entry.Message));

    /// <summary>The newest events of a secret, oldest first.</summary>
    public static List<RotationEvent> Newest(Session session, string secretArn, int limit)
    {
        var events = session.Query(
            "SELECT version_id, at, event, step, attempt, cause, message FROM rotation_events WHERE arn = @arn " +
            "ORDER BY sequence DESC LIMIT @limit",
            row => new RotationEvent(
                secretArn, row.Text(0), row.Time(1), Enum.Parse<RotationEventName>(row.Text(2)), row.TextOrNull(3),
                checked((int)row.Number(4)), row.TextOrNull(5) is { } cause ? Enum.Parse<FailureCause>(cause) : null, row.TextOrNull(6)),
            ("arn", secretArn), ("limit", limit));
        events.Reverse();
        return events;
    }

    /// <summary>True when a rotation made, or is making, the version.</summary>
    public static bool Knows(Session session, string secretArn, string versionId) =>
        session.Find(
            "SELECT 1 FROM rotation_events WHERE arn = @arn AND version_id = @version LIMIT 1",
            row => row.Number(0), ("arn", secretArn), ("version", versionId)) == 1;

    public static void DeleteBefore(Session session, string secretArn, DateTimeOffset moment) =>
        session.Execute("DELETE FROM rotation_events WHERE arn = @arn AND at < @moment", ("arn", secretArn), ("moment", moment));
}

/// <param name="Step">createSecret, setSecret, testSecret or finishSecret; null for events of the whole rotation.</param>
internal sealed record RotationEvent(
    string SecretArn, string VersionId, DateTimeOffset At, RotationEventName Name, string? Step, int Attempt, FailureCause? Cause,
    string? Message);

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

    /// <summary>The server was not there during the whole window.</summary>
    RotationMissed,
    TestRotationStarted,
    TestRotationSucceeded,
    TestRotationFailed,
}
