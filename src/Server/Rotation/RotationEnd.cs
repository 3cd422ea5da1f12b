using Rekey.Rotators;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.Rotation.Slots;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// How a rotation ends, each as one transaction under its lease. All return false, and change nothing, when the lease is lost.
/// </summary>
internal static class RotationEnd
{
    /// <summary>
    /// finishSecret returned and AWSCURRENT is on the new version: takes AWSPENDING off it and sets LastRotatedDate and the next dates.
    /// </summary>
    /// <exception cref="RotatorException">Conflict: AWSCURRENT did not move.</exception>
    public static bool Settle(
        Session session, RotationInProgress rotation, RotationOptions options, VersionLimits limits, DateTimeOffset now)
    {
        if (RotationQueue.FindHeld(session, rotation) is not { } secret) return false;
        var labels = secret.Labels;
        if (labels.VersionOf(StagingLabels.Current) != rotation.VersionId)
            throw new RotatorException(FailureCause.Conflict, "finishSecret returned, but AWSCURRENT is not on the new version.");

        List<LabelMove> moves = [new(StagingLabels.Current, labels.VersionOf(StagingLabels.Previous), rotation.VersionId)];
        if (labels.VersionOf(StagingLabels.Pending) == rotation.VersionId)
        {
            SecretStore.WriteLabels(session, secret.Arn, labels, labels.Remove(StagingLabels.Pending));
            moves.Add(new LabelMove(StagingLabels.Pending, rotation.VersionId, To: null));
        }
        limits.Collect(session, secret, demandRoom: false, now);
        var rotated = secret with { LastRotatedDate = now, LastChangedDate = now };
        SecretStore.Update(session, RotationSchedule.WithNextWindow(rotated, options, now, now));
        End(session, secret.Arn);
        var configuration = RotationConfigurations.Of(session, secret.Arn);
        // The login of the new version has answered the question.
        RotationConfigurations.ForgetSuspects(session, secret.Arn);
        UpkeepSchedule.AfterRotation(session, rotation, configuration.Settings, options, now);
        RotationJournal.DeleteBefore(session, secret.Arn, now - TimeSpan.FromDays(options.HistoryDays));
        RotationJournal.AppendStep(session, rotation, RotationEventName.StepSucceeded, now, RotationStep.FinishSecret);
        RotationJournal.Append(session, new RotationEvent(
            secret.Arn, rotation.VersionId, now, RotationEventName.RotationSucceeded, Step: null, rotation.Attempt, Cause: null,
            Message: null)
        {
            Duration = now - rotation.StartedAt,
            Gap = rotation.RefusedSince is { } since ? now - since : TimeSpan.Zero,
            LabelMoves = moves,
        });
        RotationAudit.Record(session, rotation, secret, RotationEventName.RotationSucceeded, now);
        return true;
    }

    /// <summary>A test ended: takes its temporary version away.</summary>
    public static bool EndTest(
        Session session, RotationInProgress rotation, StepOutcome outcome, RotationOptions options, DateTimeOffset now)
    {
        if (RotationQueue.FindHeld(session, rotation) is not { } secret) return false;
        TakeAway(session, secret, rotation.VersionId);
        End(session, secret.Arn);
        var name = outcome.Succeeded ? RotationEventName.TestRotationSucceeded : RotationEventName.TestRotationFailed;
        RotationJournal.Append(session, rotation, name, now);
        if (!outcome.Succeeded) return true;
        RotationAudit.Record(session, rotation, secret, name, now);
        UpkeepSchedule.Beat(session, secret.Arn, RotationConfigurations.Of(session, secret.Arn).Settings, options, now);
        return true;
    }

    /// <summary>
    /// The rotation can come to nothing (no current value, a secret that is not a database's, a password that the server's rules refuse)
    /// and never changed the target: takes the pending version away, so that nothing is left that would block the next rotation. A value
    /// that somebody else stored is left to them.
    /// </summary>
    public static bool Drop(Session session, RotationInProgress rotation, RotationOptions options, DateTimeOffset now)
    {
        if (RotationQueue.FindHeld(session, rotation) is not { } secret) return false;
        // A value that the target refuses by its rules is of no use to anyone; any other was put there by somebody else.
        if (rotation is { PendingMayBeLive: true, Cause: FailureCause.Policy }) SetAside(session, secret, rotation.VersionId, now);
        else if (rotation.Cause == FailureCause.Policy || secret.FindVersion(rotation.VersionId) is { HasValue: false })
            TakeAway(session, secret, rotation.VersionId);
        SecretStore.Update(session, RotationSchedule.WithNextWindow(secret, options, now, RotationSchedule.CountedFrom(secret)));
        End(session, secret.Arn);
        SlotUpkeep.Soon(session, secret.Arn, now);
        RotationJournal.Append(session, rotation, RotationEventName.RotationFailed, now);
        // Somebody's pending value that cannot be used may stand for a change that they made of the database.
        if (rotation.PendingMayBeLive) UpkeepSchedule.Verify(session, secret, now);
        return true;
    }

    /// <summary>The server's rules refuse a password that an earlier attempt may have sent: begins again with a stricter one.</summary>
    public static void Replace(Session session, RotationInProgress rotation, Secret secret, DateTimeOffset now)
    {
        SetAside(session, secret, rotation.VersionId, now);
        End(session, secret.Arn);
        var again = SecretStore.FindByArn(session, secret.Arn)!;
        var next = RotationStart.Reserve(session, again, RequestIds.New(), rotation.WindowEnd, now);
        RotationRows.Update(
            session, next with { Strictness = rotation.Strictness, RefusedSince = rotation.RefusedSince }, next.Fence);
    }

    /// <summary>
    /// Takes AWSPENDING off a version whose value must not be lost: a request that was given up may still reach the target with it.
    /// </summary>
    private static void SetAside(Session session, Secret secret, string versionId, DateTimeOffset now)
    {
        var labels = secret.Labels;
        if (labels.VersionOf(StagingLabels.Pending) == versionId)
            SecretStore.WriteLabels(session, secret.Arn, labels, labels.Remove(StagingLabels.Pending));
        RotationConfigurations.Suspect(session, secret.Arn, versionId);
        UpkeepRows.Schedule(session, secret.Arn, UpkeepKind.Heal, now);
    }

    /// <summary>The secret is in no rotation any more, and its accounts are free for others.</summary>
    public static void End(Session session, string secretArn)
    {
        RotationRows.Delete(session, secretArn);
        PrincipalLocks.Release(session, secretArn);
    }

    /// <summary>Removes a version that no login can need, with its AWSPENDING.</summary>
    public static void TakeAway(Session session, Secret secret, string versionId)
    {
        var before = secret.Labels;
        var after = before.VersionOf(StagingLabels.Pending) == versionId ? before.Remove(StagingLabels.Pending) : before;
        SecretStore.WriteLabels(session, secret.Arn, before, after);
        // Somebody may have given it another label by hand.
        if (after.LabelsOf(versionId).IsEmpty) SecretStore.DeleteVersion(session, secret.Arn, versionId);
    }
}
