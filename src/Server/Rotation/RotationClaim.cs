using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>Taking the lease of a rotation that is ready, in one transaction, or finding that its time has passed.</summary>
internal static class RotationClaim
{
    /// <summary>How long a rotation waits before it looks again whether upkeep of its secret is over.</summary>
    private static readonly TimeSpan s_upkeepPause = TimeSpan.FromSeconds(1);

    /// <param name="ownerIsAlone">No other process writes the store: leases are of this process, which knows what it runs.</param>
    /// <returns>The rotation under a new lease; null when someone else was first, or when it has to wait.</returns>
    public static RotationInProgress? Take(
        Session session, RotationInProgress rotation, RotationTokens tokens, string nodeId, bool ownerIsAlone, RotationOptions options,
        DateTimeOffset now)
    {
        if (HasChanged(session, rotation)) return null;
        if (rotation is { PendingMayBeLive: false, WindowEnd: { } end } && end <= now)
        {
            CarryOver(session, rotation, now);
            return null;
        }

        if (!ownerIsAlone && UpkeepRows.IsLeasedElsewhere(session, rotation.SecretArn, nodeId, now))
        {
            RotationRows.Update(session, rotation with { NotBefore = now + s_upkeepPause }, rotation.Fence);
            return null;
        }

        // An owner that is still named died in the attempt. If that goes on, the secret must not take the server down again and again.
        if (rotation.Owner is not null && rotation.Attempt >= options.MaxAttempts)
        {
            var later = now + TimeSpan.FromSeconds(options.RetryDelaySeconds);
            RotationRows.Update(session, rotation with { NotBefore = later, Owner = null, LeaseUntil = null }, rotation.Fence);
            return null;
        }

        var claimed = rotation with
        {
            Owner = nodeId,
            LeaseUntil = now + TimeSpan.FromSeconds(options.LeaseSeconds),
            Fence = rotation.Fence + 1,
            // The first claim makes it: every step, also after a restart, has the same one.
            SealedToken = rotation.SealedToken ?? tokens.Issue(session, rotation, now),
        };
        if (!RotationRows.Update(session, claimed, rotation.Fence)) return null;
        UpkeepRows.TakeAway(session, rotation.SecretArn);
        return claimed;
    }

    /// <summary>
    /// Whether anything about it is other than when it was read: the end of an attempt, a pause and a renewed lease keep the fence. The
    /// token, which the first claim made, never changes.
    /// </summary>
    private static bool HasChanged(Session session, RotationInProgress read) =>
        RotationRows.Find(session, read.SecretArn) is not { } stored || stored with { SealedToken = read.SealedToken } != read;

    /// <summary>
    /// Its window passed before an attempt could begin, or go on after a pause: it waits for the next one, or for a human.
    /// </summary>
    private static void CarryOver(Session session, RotationInProgress rotation, DateTimeOffset now)
    {
        if (SecretStore.FindByArn(session, rotation.SecretArn) is not { } secret) return;
        var window = RotationSchedule.NextWindow(secret, now, RotationSchedule.CountedFrom(secret));
        var carried = window is null
            ? rotation with { State = RotationState.Parked, Owner = null, LeaseUntil = null }
            : rotation with
            {
                State = RotationState.Reserved,
                Attempt = 0,
                NotBefore = window.Opens,
                WindowEnd = window.Closes,
                Owner = null,
                LeaseUntil = null,
            };
        if (!RotationRows.Update(session, carried, rotation.Fence)) return;
        if (window is not null) SecretStore.Update(session, secret with { NextRotationDate = window.NextRotationDate });
        var name = rotation.Attempt == 0 ? RotationEventName.RotationMissed : RotationEventName.RotationFailed;
        RotationJournal.Append(session, rotation, name, now);
    }
}
