using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Slots;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// What may happen to a secret's rotation in progress, as calls inside the transaction of the operation that causes it.
/// </summary>
internal static class RotationQueue
{
    private const string MayBeLive =
        "A value was stored by hand while the target may already have had the password of this version. It is found out now which of them "
        + "logs in; if only this one does, the target gets the password of AWSCURRENT.";

    /// <summary>
    /// Refuses a write made for a rotation whose lease someone else has taken or that has ended. No lease: nothing to check.
    /// </summary>
    public static void DemandLease(Session session, RotationLease? lease)
    {
        if (lease is null || Holds(session, lease)) return;
        throw new ServiceException(
            ErrorShape.Client("InvalidRequestException"), $"The rotation of version {lease.VersionId} is no longer run by this caller.");
    }

    /// <summary>True while the lease is the newest of a rotation that goes on.</summary>
    public static bool Holds(Session session, RotationLease lease) =>
        RotationRows.Find(session, lease.SecretArn) is { } rotation
            && rotation.Fence == lease.Fence
            && rotation.VersionId == lease.VersionId;

    /// <summary>The secret of a rotation whose lease still holds; null when it is lost or the secret is gone.</summary>
    public static Secret? FindHeld(Session session, RotationInProgress rotation) =>
        Holds(session, rotation.Lease) ? SecretStore.FindByArn(session, rotation.SecretArn) : null;

    /// <summary>
    /// A value was stored by hand while a rotation was in progress: the rotation ends where it is, as on AWS (event RotationAbandoned).
    /// Whoever put the value decides what is current now.
    /// </summary>
    public static void Abandon(Session session, RequestContext context, Secret secret)
    {
        if (context.Lease is not null || RotationRows.Find(session, secret.Arn) is not { } rotation) return;
        TakeTestAway(session, rotation);
        var abandoned = rotation;
        if (rotation is { PendingMayBeLive: true, Kind: RotationKind.Rotate })
        {
            abandoned = rotation with { Cause = FailureCause.Conflict, CauseMessage = MayBeLive };
            EndDoubtful(session, rotation, context.Time);
        }
        else
        {
            RotationEnd.End(session, secret.Arn);
        }
        RotationJournal.Append(session, abandoned, RotationEventName.RotationAbandoned, context.Time);
        RotationAudit.Record(session, rotation, secret, RotationEventName.RotationAbandoned, context.Time);
    }

    /// <summary>
    /// Ends the rotation in progress unless it may have changed the target's password already. Such a one goes on to its end, because
    /// stopping there would leave AWSCURRENT refused by the target.
    /// </summary>
    /// <returns>The version in progress, ended or not; null when there was none.</returns>
    public static string? Stop(Session session, string secretArn, DateTimeOffset now)
    {
        if (RotationRows.Find(session, secretArn) is not { } rotation) return null;
        if (rotation.PendingMayBeLive) return rotation.VersionId;
        TakeTestAway(session, rotation);
        RotationEnd.End(session, secretArn);
        SlotUpkeep.Soon(session, secretArn, now);
        RotationJournal.Append(session, rotation, RotationEventName.RotationCancelled, now);
        return rotation.VersionId;
    }

    /// <summary>
    /// Who ran a rotation has found that it lost it, and has let go of the target: if it was abandoned meanwhile, nobody need wait for the
    /// end of its lease to find out what logs in.
    /// </summary>
    /// <returns>False: there is nothing to go on with.</returns>
    public static bool LetGo(Session session, RotationInProgress lost, DateTimeOffset now)
    {
        if (!Holds(session, lost.Lease) && RotationConfigurations.Of(session, lost.SecretArn).SuspectVersionIds.Contains(lost.VersionId))
            UpkeepRows.BringForward(session, lost.SecretArn, UpkeepKind.Heal, lost.LeaseUntil, now);
        return false;
    }

    /// <summary>
    /// Ends a rotation whose password may be the one that logs in, and has that found out. Whoever is changing the password at this moment
    /// keeps the account until the lease is over: what a healing finds before that may be otherwise a moment later.
    /// </summary>
    private static void EndDoubtful(Session session, RotationInProgress rotation, DateTimeOffset now)
    {
        var runsUntil = rotation.Owner is not null && rotation.LeaseUntil > now ? rotation.LeaseUntil : null;
        if (runsUntil is null) RotationEnd.End(session, rotation.SecretArn);
        else RotationRows.Delete(session, rotation.SecretArn);
        RotationConfigurations.Suspect(session, rotation.SecretArn, rotation.VersionId);
        UpkeepRows.Schedule(session, rotation.SecretArn, UpkeepKind.Heal, runsUntil ?? now);
    }

    /// <summary>The temporary version is a copy of what was current: left behind, it could be rotated to.</summary>
    private static void TakeTestAway(Session session, RotationInProgress rotation)
    {
        if (rotation.Kind == RotationKind.Test && SecretStore.FindByArn(session, rotation.SecretArn) is { } secret)
            RotationEnd.TakeAway(session, secret, rotation.VersionId);
    }
}
