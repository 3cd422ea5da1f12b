using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record CancelRotateSecretRequest
{
    public required string SecretId { get; init; }
}

internal sealed record CancelRotateSecretResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }

    /// <summary>The version of the rotation in progress; absent when there was none.</summary>
    public string? VersionId { get; init; }
}

/// <summary>
/// Switches rotation off; the function and the rules stay stored, the labels stay as they are. A rotation that may already have changed the
/// target's password goes on to its end: stopping it there would leave AWSCURRENT refused by the target.
/// One transaction. Errors: ResourceNotFoundException, InvalidRequestException (marked for deletion; rotation never configured).
/// Source: AWS API reference, CancelRotateSecret; docs/compatibility.md.
/// </summary>
internal sealed class CancelRotateSecret(IDatabase database)
    : IOperation<CancelRotateSecretRequest, CancelRotateSecretResponse>
{
    public async ValueTask<CancelRotateSecretResponse> InvokeAsync(
        CancelRotateSecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Cancel(session, id, context), cancellationToken);
    }

    private static CancelRotateSecretResponse Cancel(Session session, SecretIdentifier id, RequestContext context)
    {
        var secret = SecretAccess.DemandWritable(session, context, id);
        if (secret.RotationEnabled is null) throw SecretsManagerErrors.RotationNeverConfigured();

        var versionId = RotationQueue.Stop(session, secret.Arn, context.Time);
        SecretStore.Update(session, RotationSchedule.WithRotationOff(secret) with { LastChangedDate = context.Time });
        AuditLog.Record(session, context);
        return new CancelRotateSecretResponse { ARN = secret.Arn, Name = secret.Name, VersionId = versionId };
    }
}
