using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record UntagResourceRequest
{
    public required string SecretId { get; init; }
    public required IReadOnlyList<string> TagKeys { get; init; }
}

/// <summary>
/// Removes tags from a secret; keys that it does not have are ignored. One transaction.
/// Errors: AccessDeniedException (also when the secret's policy would then deny the caller this operation), ResourceNotFoundException,
/// InvalidRequestException (marked for deletion), InvalidParameterException (system tag).
/// Source: AWS API reference, UntagResource; docs/compatibility.md.
/// </summary>
internal sealed class UntagResource(IDatabase database) : IOperation<UntagResourceRequest, EmptyResponse>
{
    public async ValueTask<EmptyResponse> InvokeAsync(
        UntagResourceRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Untag(session, request, context, id), cancellationToken);
    }

    private static EmptyResponse Untag(Session session, UntagResourceRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandWritable(session, context, id, request);
        var changed = secret with { Tags = TagSet.Without(secret.Tags, request.TagKeys), LastChangedDate = context.Time };
        SecretAccess.DemandStill(session, context, id, changed, request);
        SecretStore.Update(session, changed);
        AuditLog.Record(session, context);
        return EmptyResponse.Instance;
    }
}
