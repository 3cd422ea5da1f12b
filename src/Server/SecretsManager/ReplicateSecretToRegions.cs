using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record ReplicateSecretToRegionsRequest
{
    public required string SecretId { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<ReplicaRegionEntry> AddReplicaRegions { get; init; }

    /// <summary>True replaces a secret of the same name in such a region, unless that one is replicated itself. Default false.</summary>
    public bool? ForceOverwriteReplicaSecret { get; init; }
}

internal sealed record ReplicateSecretToRegionsResponse
{
    public required string ARN { get; init; }

    /// <summary>All replicas of the secret, by region.</summary>
    public required IReadOnlyList<ReplicationStatusEntry> ReplicationStatus { get; init; }
}

/// <summary>
/// Makes the secret a primary and begins to replicate it to more regions. Answers before anything was replicated: what came of it is in
/// DescribeSecret's ReplicationStatus. For a region whose replication failed the call tries again; for one that is replicated it changes
/// nothing. One transaction: all regions are added, or none.
/// Errors: ResourceNotFoundException, InvalidRequestException (marked for deletion), InvalidParameterException (a replica; a region that is
/// not served, the secret's own, or named twice; another key for a region that is replicated), AccessDeniedException (also when the policy
/// of a secret that would be overwritten denies the caller its deletion).
/// Source: AWS API reference, ReplicateSecretToRegions; docs/compatibility.md.
/// </summary>
internal sealed class ReplicateSecretToRegions(IDatabase database, ReplicaRegions regions, AccessDays accessDays)
    : IOperation<ReplicateSecretToRegionsRequest, ReplicateSecretToRegionsResponse>
{
    public async ValueTask<ReplicateSecretToRegionsResponse> InvokeAsync(
        ReplicateSecretToRegionsRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        await accessDays.FlushAsync(cancellationToken);
        return await database.WriteAsync(session => Replicate(session, request, context, id), cancellationToken);
    }

    private ReplicateSecretToRegionsResponse Replicate(
        Session session, ReplicateSecretToRegionsRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandWritable(session, context, id, request);
        regions.Demand(secret.Region, request.AddReplicaRegions);
        ReplicaRegions.Add(session, context, secret, request.AddReplicaRegions, request.ForceOverwriteReplicaSecret == true);
        if (!secret.HasReplicas) SecretStore.Update(session, secret with { PrimaryRegion = secret.Region });
        AuditLog.Record(session, context);
        return new ReplicateSecretToRegionsResponse
        {
            ARN = secret.Arn,
            ReplicationStatus = ReplicaRegions.Show(session, secret.Arn),
        };
    }
}
