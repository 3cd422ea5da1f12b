using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Replication;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record RemoveRegionsFromReplicationRequest
{
    public required string SecretId { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<string> RemoveReplicaRegions { get; init; }
}

internal sealed record RemoveRegionsFromReplicationResponse
{
    public required string ARN { get; init; }

    /// <summary>The replicas that remain, by region; empty when none is left.</summary>
    public required IReadOnlyList<ReplicationStatusEntry> ReplicationStatus { get; init; }
}

/// <summary>
/// Ends replication to regions and deletes the replicas there, at once and for good. Regions without a replica are passed over. With the
/// last replica the secret stops being a primary. One transaction; the deletion itself follows it, and cannot be lost.
/// Errors: ResourceNotFoundException, InvalidRequestException (marked for deletion), InvalidParameterException (a replica; the secret's own
/// region). Source: AWS API reference, RemoveRegionsFromReplication; docs/compatibility.md.
/// </summary>
internal sealed class RemoveRegionsFromReplication(IDatabase database, AccessDays accessDays)
    : IOperation<RemoveRegionsFromReplicationRequest, RemoveRegionsFromReplicationResponse>
{
    public async ValueTask<RemoveRegionsFromReplicationResponse> InvokeAsync(
        RemoveRegionsFromReplicationRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        await accessDays.FlushAsync(cancellationToken);
        return await database.WriteAsync(session => Remove(session, request, context, id), cancellationToken);
    }

    private static RemoveRegionsFromReplicationResponse Remove(
        Session session, RemoveRegionsFromReplicationRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandWritable(session, context, id);
        if (request.RemoveReplicaRegions.Contains(secret.Region)) throw SecretsManagerErrors.InvalidReplicaRegion();
        foreach (var link in ReplicationLinks.Active(session, secret.Arn))
            if (request.RemoveReplicaRegions.Contains(link.Region)) ReplicationLinks.Remove(session, link);
        Primary.Settle(session, secret);
        AuditLog.Record(session, context);
        return new RemoveRegionsFromReplicationResponse
        {
            ARN = secret.Arn,
            ReplicationStatus = ReplicaRegions.Show(session, secret.Arn),
        };
    }
}
