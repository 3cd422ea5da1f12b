using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Replication;
using Rekey.Server.Rotation;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record StopReplicationToReplicaRequest
{
    public required string SecretId { get; init; }
}

internal sealed record StopReplicationToReplicaResponse
{
    public required string ARN { get; init; }
}

/// <summary>
/// Promotes a replica, in whose region it is called, to a secret of its own with what it holds at that moment. Nothing that is still on its
/// way from the primary reaches it any more; the primary learns of it after the call. Rotation is switched off: two secrets that rotate one
/// password would lock each other's applications out.
/// One transaction. Errors: ResourceNotFoundException, InvalidRequestException (marked for deletion), InvalidParameterException (not a
/// replica). Source: AWS API reference, StopReplicationToReplica; docs/compatibility.md.
/// </summary>
internal sealed class StopReplicationToReplica(IDatabase database)
    : IOperation<StopReplicationToReplicaRequest, StopReplicationToReplicaResponse>
{
    public async ValueTask<StopReplicationToReplicaResponse> InvokeAsync(
        StopReplicationToReplicaRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Promote(session, context, id), cancellationToken);
    }

    private static StopReplicationToReplicaResponse Promote(Session session, RequestContext context, SecretIdentifier id)
    {
        var replica = SecretAccess.DemandReadable(session, context, id);
        if (!replica.IsReplica) throw SecretsManagerErrors.NotAReplica();
        SecretStore.Update(
            session, RotationSchedule.WithRotationOff(replica) with { PrimaryRegion = null, LastChangedDate = context.Time });
        Promotion.Record(session, replica);
        AuditLog.Record(session, context);
        return new StopReplicationToReplicaResponse { ARN = replica.Arn };
    }
}
