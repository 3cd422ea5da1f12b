using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record DeleteResourcePolicyRequest
{
    public required string SecretId { get; init; }
}

internal sealed record DeleteResourcePolicyResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }
}

/// <summary>
/// Takes the policy off a secret. Without one it succeeds and changes nothing. One transaction; the policy holds no more for any call that
/// begins after the answer. Errors: ResourceNotFoundException, InvalidRequestException (marked for deletion).
/// Source: AWS API reference, DeleteResourcePolicy; docs/compatibility.md.
/// </summary>
internal sealed class DeleteResourcePolicy(IDatabase database) : IOperation<DeleteResourcePolicyRequest, DeleteResourcePolicyResponse>
{
    public async ValueTask<DeleteResourcePolicyResponse> InvokeAsync(
        DeleteResourcePolicyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Delete(session, context, id), cancellationToken);
    }

    private static DeleteResourcePolicyResponse Delete(Session session, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandWritable(session, context, id);
        if (secret.ResourcePolicy is not null)
            SecretStore.Update(session, secret with { ResourcePolicy = null, LastChangedDate = context.Time });
        AuditLog.Record(session, context);
        return new DeleteResourcePolicyResponse { ARN = secret.Arn, Name = secret.Name };
    }
}
