using Rekey.Server.Kms;
using Rekey.Server.Replication;
using Rekey.Server.Settings;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>The replicas of a secret as callers ask for them and see them.</summary>
internal sealed class ReplicaRegions(ServedRegions regions)
{
    /// <summary>
    /// Throws InvalidParameterException for a region that is not served, the primary's own, none, or one that is named twice.
    /// </summary>
    public void Demand(string ownRegion, IReadOnlyList<ReplicaRegionEntry> entries)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (entry.Region is not { } region || region == ownRegion || !regions.Contains(region))
                throw SecretsManagerErrors.InvalidReplicaRegion();
            if (!seen.Add(region)) throw SecretsManagerErrors.DuplicateReplicaRegion(region);
        }
    }

    /// <summary>
    /// Adds regions to a primary. One that failed is tried again, with what this call says; for one that is replicated nothing changes, and
    /// another key throws InvalidParameterException.
    /// </summary>
    public static void Add(Session session, string primaryArn, IReadOnlyList<ReplicaRegionEntry> entries, bool forceOverwrite)
    {
        foreach (var entry in entries)
        {
            var known = ReplicationLinks.Find(session, primaryArn, entry.Region!);
            if (known is not { Intent: ReplicationIntent.Apply })
            {
                ReplicationLinks.Add(session, primaryArn, entry.Region!, KeyOf(entry), forceOverwrite);
                continue;
            }
            var key = entry.KmsKeyId is null ? known.KmsKeyId : KeyOf(entry);
            if (known.Status == ReplicationStatus.Failed)
                ReplicationLinks.Add(session, primaryArn, known.Region, key, forceOverwrite);
            else if (key != known.KmsKeyId)
                throw SecretsManagerErrors.ReplicaHasAnotherKey(known.Region);
        }
    }

    /// <summary>The replicas by region; empty when there are none.</summary>
    public static List<ReplicationStatusEntry> Show(Session session, string primaryArn) =>
        ReplicationLinks.Active(session, primaryArn).ConvertAll(link => new ReplicationStatusEntry
        {
            KmsKeyId = link.ShownKmsKeyId,
            LastAccessedDate = SecretStore.ReplicaAccessDay(session, link.ReplicaArn, link.PrimaryRegion),
            Region = link.Region,
            Status = link.Status.ToString(),
            StatusMessage = link.StatusMessage,
        });

    /// <summary>The names of the default key are one: what is not given.</summary>
    private static string? KeyOf(ReplicaRegionEntry entry) => entry.KmsKeyId is "" or KmsKeyStore.DefaultAlias ? null : entry.KmsKeyId;
}
