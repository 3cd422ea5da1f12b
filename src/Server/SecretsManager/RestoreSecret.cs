using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record RestoreSecretRequest
{
    public required string SecretId { get; init; }
}

internal sealed record RestoreSecretResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }
}

/// <summary>
/// Takes a secret back whose deletion is scheduled. Rotation, which the deletion switched off, stays off. A secret that is not scheduled
/// stays as it is. One transaction. Errors: ResourceNotFoundException, also after the purge. Source: AWS API reference, RestoreSecret;
/// docs/compatibility.md.
/// </summary>
internal sealed class RestoreSecret(IDatabase database) : IOperation<RestoreSecretRequest, RestoreSecretResponse>
{
    public async ValueTask<RestoreSecretResponse> InvokeAsync(
        RestoreSecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Restore(session, context, id), cancellationToken);
    }

    private static RestoreSecretResponse Restore(Session session, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.Demand(session, context, id);
        SecretAccess.DemandNoReplica(secret);
        if (secret.IsScheduledForDeletion)
        {
            SecretStore.Update(session, secret with { DeletedDate = null, PurgeDate = null, LastChangedDate = context.Time });
            SecretDeletionEvents.Cancelled(session, secret, context.Time, context.RequestId);
        }
        AuditLog.Record(session, context);
        return new RestoreSecretResponse { ARN = secret.Arn, Name = secret.Name };
    }
}
