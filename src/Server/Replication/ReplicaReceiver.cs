using System.Collections.Immutable;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>
/// The only writer of replicas, inside the caller's transaction. Values are opened here and sealed at once under the replica's key, bound
/// to the replica's ARN; they are plaintext nowhere else.
/// </summary>
internal sealed class ReplicaReceiver(EnvelopeCipher cipher, SecretKeys keys, SecretQuota quota)
{
    /// <summary>
    /// Makes the replica what the snapshot shows; what is not newer than what the region has seen changes nothing. Throws what the region
    /// refuses: an unknown key, one more secret than it may have.
    /// </summary>
    public ReplicationOutcome Apply(Session session, ReplicaSnapshot snapshot, DateTimeOffset now)
    {
        var (link, primary) = (snapshot.Link, snapshot.Secret);
        var receipt = ReplicationReceipts.Find(session, link.PrimaryArn, link.Region);
        if (receipt is { Outcome: ReceiptOutcome.Detached } && receipt.Revision >= link.SinceRevision) return ReplicationOutcome.Detached;
        if (receipt?.Revision >= link.Revision) return ReplicationOutcome.InSync;

        var existing = SecretStore.FindByName(session, primary.Account, link.Region, primary.Name);
        var isOurs = existing is not null && link.Owns(existing);
        var isOfThisLink = isOurs && receipt?.Revision >= link.SinceRevision;
        if (existing is not null && !isOfThisLink)
        {
            if (!isOurs && !MayOverwrite(link, existing)) return ReplicationOutcome.NameTaken(primary.Name, link.Region);
            Purge(session, existing, now);
            existing = null;
        }

        if (existing is null) Create(session, snapshot, now);
        else Update(session, snapshot, existing);
        ReplicationReceipts.Write(
            session, link.PrimaryArn, link.Region, new ReplicationReceipt(link.Revision, ReceiptOutcome.Applied));
        ReplicationAudit.Succeeded(session, snapshot, now);
        FaultPoint.Reach("replication.applied-in-transaction");
        return ReplicationOutcome.InSync;
    }

    /// <summary>Removes the replica. One that was promoted is a secret of its own and stays.</summary>
    public static bool Remove(Session session, ReplicationLink link, DateTimeOffset now)
    {
        if (ReplicationReceipts.Find(session, link.PrimaryArn, link.Region)?.Revision >= link.Revision) return false;
        if (SecretStore.FindByArn(session, link.ReplicaArn) is { } replica && link.Owns(replica)) Purge(session, replica, now);
        ReplicationReceipts.Write(
            session, link.PrimaryArn, link.Region, new ReplicationReceipt(link.Revision, ReceiptOutcome.Removed));
        FaultPoint.Reach("replication.removed-in-transaction");
        return true;
    }

    /// <summary>Only a secret that stands alone: one with replicas, or a replica, would leave others behind without it.</summary>
    private static bool MayOverwrite(ReplicationLink link, Secret existing) => link.ForceOverwrite && existing.PrimaryRegion is null;

    private static void Purge(Session session, Secret secret, DateTimeOffset now)
    {
        SecretStore.Purge(session, secret.Arn);
        SecretDeletionEvents.Ended(session, secret, now, RequestIds.New());
    }

    private void Create(Session session, ReplicaSnapshot snapshot, DateTimeOffset now)
    {
        var (link, primary) = (snapshot.Link, snapshot.Secret);
        quota.DemandRoom(session, primary.Account, link.Region);
        var replica = Replica(snapshot, link.ShownKmsKeyId, keys.Resolve(session, primary.Account, link.Region, link.KmsKeyId, now)) with
        {
            CreatedDate = now,
            LastAccessedDate = null,
        };
        SecretStore.Insert(session, replica);
        WriteVersions(session, snapshot, replica, []);
    }

    private void Update(Session session, ReplicaSnapshot snapshot, Secret existing)
    {
        var replica = Replica(snapshot, existing.KmsKeyId, existing.KmsKeyArn) with
        {
            CreatedDate = existing.CreatedDate,
            LastAccessedDate = existing.LastAccessedDate,
        };
        WriteVersions(session, snapshot, replica, existing.Versions);
        SecretStore.Update(session, replica);
    }

    /// <summary>The primary's record, so that whatever a secret may have is carried; named here is what a replica has of its own.</summary>
    private static Secret Replica(ReplicaSnapshot snapshot, string? kmsKeyId, string kmsKeyArn) => snapshot.Secret with
    {
        Arn = snapshot.Link.ReplicaArn,
        Region = snapshot.Link.Region,
        KmsKeyId = kmsKeyId,
        KmsKeyArn = kmsKeyArn,
        PrimaryRegion = snapshot.Secret.Region,
        RotationDueDate = null,
    };

    private void WriteVersions(Session session, ReplicaSnapshot snapshot, Secret replica, ImmutableArray<SecretVersion> known)
    {
        // 1. What the primary no longer has, or has with another value under the same id.
        var kept = known.RemoveAll(version => !IsSame(session, snapshot, replica, version));
        foreach (var version in known.Except(kept)) SecretStore.DeleteVersion(session, replica.Arn, version.VersionId);

        // 2. What is new.
        foreach (var version in snapshot.Secret.Versions)
        {
            if (kept.Any(mine => mine.VersionId == version.VersionId)) continue;
            using var value = snapshot.Open(version.VersionId);
            var ciphertext = cipher.Seal(replica.KmsKeyArn, replica.Arn, version.VersionId, value.Reveal());
            SecretStore.InsertVersion(session, replica.Arn, version with { KmsKeyArn = replica.KmsKeyArn }, ciphertext);
        }

        // 3. The labels; written anew as a whole when anything differs, because their order counts too.
        var (before, after) = (StagingLabels.Of(replica with { Versions = kept }), snapshot.Secret.Labels);
        if (before.Attachments.SequenceEqual(after.Attachments)) return;
        SecretStore.WriteLabels(session, replica.Arn, before, StagingLabels.Empty);
        SecretStore.WriteLabels(session, replica.Arn, StagingLabels.Empty, after);
    }

    private bool IsSame(Session session, ReplicaSnapshot snapshot, Secret replica, SecretVersion mine)
    {
        if (snapshot.Secret.FindVersion(mine.VersionId) is not { } theirs) return false;
        if ((mine.CreatedDate, mine.Sequence) != (theirs.CreatedDate, theirs.Sequence)) return false;
        using var value = snapshot.Open(mine.VersionId);
        using var copy = cipher.Open(replica.Arn, mine.VersionId, SecretStore.ReadPayload(session, replica.Arn, mine.VersionId)!);
        return copy.FixedTimeEquals(value);
    }
}
