using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.Replication;
using Rekey.Server.Settings;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>The replicas of a secret as callers ask for them and see them.</summary>
internal sealed class ReplicaRegions(ServedRegions regions)
{
    private const string DeleteAction = "secretsmanager:DeleteSecret";

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
    /// another key throws InvalidParameterException. Overwriting deletes: AccessDeniedException where the policy of the secret in the way
    /// denies that to the caller.
    /// </summary>
    public static void Add(
        Session session, RequestContext context, Secret primary, IReadOnlyList<ReplicaRegionEntry> entries, bool forceOverwrite)
    {
        var primaryArn = primary.Arn;
        foreach (var entry in entries)
        {
            if (forceOverwrite) DemandOverwritable(session, context, primary.Name, entry.Region!);
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

    private static void DemandOverwritable(Session session, RequestContext context, string name, string region)
    {
        // One that is replicated is never overwritten.
        if (SecretStore.FindByName(session, context.Account, region, name) is not { PrimaryRegion: null } inTheWay) return;
        if (SecretPolicy.Of(inTheWay) is not { } policy) return;
        var part = context.ForPart(DeleteAction, region);
        var deletion = new DeleteSecretRequest { SecretId = name, ForceDeleteWithoutRecovery = true };
        policy.Demand(part, name, ConditionKeys.OfRequest(session, part, name, deletion));
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
