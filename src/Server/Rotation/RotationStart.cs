using Rekey.Rotators;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>How a rotation comes into being, inside the caller's transaction: the version id is reserved before anything runs.</summary>
internal static class RotationStart
{
    /// <summary>
    /// Registers an empty version labelled AWSPENDING and queues the four steps.
    /// Source: AWS API reference, RotateSecret: the service, not the function, allocates the version.
    /// </summary>
    /// <param name="windowEnd">Exclusive end of the window it must stay in; null when it is started by hand.</param>
    public static RotationInProgress Reserve(
        Session session, Secret secret, string versionId, DateTimeOffset? windowEnd, DateTimeOffset now)
    {
        // Left by a rotation that ended before it had a value: it never reached the target.
        if (secret.FindLabelled(StagingLabels.Pending) is { HasValue: false } leftover)
            SecretStore.DeleteVersion(session, secret.Arn, leftover.VersionId);
        if (secret.FindVersion(versionId) is null)
            SecretStore.InsertVersion(session, secret.Arn, NewVersion(secret, versionId, now), ciphertext: null);
        var labels = secret.Labels;
        SecretStore.WriteLabels(session, secret.Arn, labels, labels.Attach(StagingLabels.Pending, versionId));

        var rotation = New(secret, versionId, RotationKind.Rotate, now) with { WindowEnd = windowEnd };
        var reserved = new LabelMove(StagingLabels.Pending, labels.VersionOf(StagingLabels.Pending), versionId);
        Queue(session, secret, rotation, RotationEventName.RotationStarted, now, reserved);
        return rotation;
    }

    /// <summary>
    /// Takes up a rotation again that nobody runs: one that waits or is parked, or a pending version that has no rotation any more.
    /// Its value may be the one that logs in, so it is never replaced.
    /// </summary>
    /// <returns>False when the rotation is being run at this moment.</returns>
    public static bool Redrive(Session session, Secret secret, string pendingVersionId, DateTimeOffset now)
    {
        if (RotationRows.Find(session, secret.Arn) is { } rotation)
        {
            if (rotation.Owner is not null && rotation.LeaseUntil > now) return false;
            var redriven = RotationRun.Redriven(rotation, now);
            RotationRows.Update(session, redriven, rotation.Fence);
            RotationJournal.Append(session, redriven, RotationEventName.RotationRedriven, now);
            return true;
        }

        var taken = New(secret, pendingVersionId, RotationKind.Rotate, now) with { PendingMayBeLive = true };
        Queue(session, secret, taken, RotationEventName.RotationRedriven, now);
        return true;
    }

    /// <summary>
    /// RotateImmediately=false: a temporary version labelled AWSPENDING with a copy of the current value, for testSecret alone.
    /// </summary>
    /// <param name="seal">Seals the current payload for the temporary version's id.</param>
    public static void ReserveTest(
        Session session, Secret secret, string versionId, Func<string, byte[]> seal, DateTimeOffset now)
    {
        var version = NewVersion(secret, versionId, now) with { KmsKeyArn = secret.KmsKeyArn };
        SecretStore.InsertVersion(session, secret.Arn, version, seal(versionId));
        var labels = secret.Labels;
        SecretStore.WriteLabels(session, secret.Arn, labels, labels.Attach(StagingLabels.Pending, versionId));
        Queue(session, secret, New(secret, versionId, RotationKind.Test, now), RotationEventName.TestRotationStarted, now);
    }

    /// <summary>RotateImmediately=false on a secret without a current value: the test fails at once.</summary>
    public static void TestWithoutValue(Session session, Secret secret, DateTimeOffset now) =>
        RotationJournal.Append(session, New(secret, RequestIds.New(), RotationKind.Test, now) with
        {
            Cause = FailureCause.Precondition,
            CauseMessage = "The secret has no current value to test.",
        }, RotationEventName.TestRotationFailed, now);

    private static SecretVersion NewVersion(Secret secret, string versionId, DateTimeOffset now) => new()
    {
        VersionId = versionId,
        CreatedDate = now,
        Sequence = secret.NextSequence,
    };

    private static RotationInProgress New(Secret secret, string versionId, RotationKind kind, DateTimeOffset now) => new()
    {
        SecretArn = secret.Arn,
        VersionId = versionId,
        Kind = kind,
        State = RotationState.Reserved,
        NotBefore = now,
        StartedAt = now,
        // Never below a fence of an earlier rotation of the same version.
        Fence = now.ToUnixTimeMilliseconds(),
    };

    private static void Queue(
        Session session, Secret secret, RotationInProgress rotation, RotationEventName name, DateTimeOffset now,
        params IReadOnlyList<LabelMove> moves)
    {
        RotationRows.Insert(session, rotation);
        RotationJournal.Append(
            session,
            new RotationEvent(
                secret.Arn, rotation.VersionId, now, name, Step: null, rotation.Attempt, rotation.Cause, rotation.CauseMessage)
            {
                LabelMoves = moves,
            });
        RotationAudit.Record(session, rotation, secret, name, now);
        FaultPoint.Reach("rotation.reserved-in-transaction");
    }
}
