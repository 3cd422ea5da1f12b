using Rekey.Rotators;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>Secrets whose window has opened. A window that passed while nothing ran is missed and never slides.</summary>
internal static class RotationDue
{
    internal abstract record Outcome
    {
        /// <summary>The four steps are queued.</summary>
        internal sealed record Started : Outcome;

        /// <summary>The window ended before the server looked.</summary>
        internal sealed record Missed(DateTimeOffset WindowEnd) : Outcome;

        /// <summary>There is no current value.</summary>
        internal sealed record NothingToRotate : Outcome;

        /// <summary>Someone else started it, or it is no longer due.</summary>
        internal sealed record NotDue : Outcome;
    }

    private const string NoneInProgress = "NOT EXISTS (SELECT 1 FROM rotations WHERE rotations.arn = secrets.arn)";

    public static List<string> Arns(Session session, DateTimeOffset now, int limit) =>
        session.Query(
            $"SELECT arn FROM secrets WHERE rotation_due_at <= @now AND {NoneInProgress} ORDER BY rotation_due_at LIMIT @limit",
            row => row.Text(0), ("now", now), ("limit", limit));

    public static DateTimeOffset? NextMoment(Session session) =>
        session.Find($"SELECT MIN(rotation_due_at) FROM secrets WHERE {NoneInProgress}", row => row.TimeOrNull(0));

    /// <summary>Starts the rotation of a due secret, or moves it to its next window.</summary>
    public static Outcome Start(Session session, string secretArn, RotationOptions options, DateTimeOffset now)
    {
        var secret = SecretStore.FindByArn(session, secretArn);
        if (secret?.RotationDueDate is not { } due || due > now || RotationRows.Find(session, secretArn) is not null)
            return new Outcome.NotDue();

        var windowEnd = RotationSchedule.WindowEnd(secret);
        if (now >= windowEnd)
        {
            Skip(session, secret, RotationEventName.RotationMissed, options, now);
            return new Outcome.Missed(windowEnd);
        }
        if (secret.FindLabelled(StagingLabels.Current) is not { HasValue: true })
        {
            Skip(session, secret, RotationEventName.RotationFailed, options, now);
            return new Outcome.NothingToRotate();
        }

        SecretStore.Update(session, RotationSchedule.WithRotationInProgress(secret));
        var pending = secret.FindLabelled(StagingLabels.Pending);
        if (pending is { HasValue: true } && !pending.Stages.Contains(StagingLabels.Current))
            RotationStart.Redrive(session, secret, pending.VersionId, now);
        else
            RotationStart.Reserve(session, secret, RequestIds.New(), windowEnd, now);
        return new Outcome.Started();
    }

    private static void Skip(Session session, Secret secret, RotationEventName name, RotationOptions options, DateTimeOffset now)
    {
        SecretStore.Update(session, RotationSchedule.WithNextWindow(secret, options, now, RotationSchedule.CountedFrom(secret)));
        RotationJournal.Append(
            session, new RotationEvent(secret.Arn, VersionId: "", now, name, Step: null, Attempt: 0, FailureCause.Precondition, null));
    }
}
