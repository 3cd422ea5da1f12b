using Microsoft.Extensions.Options;
using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record TagResourceRequest
{
    public required string SecretId { get; init; }
    public required IReadOnlyList<TagEntry> Tags { get; init; }
}

/// <summary>
/// Adds tags to a secret; a known key keeps its place and gets the new value. At most <see cref="QuotaOptions.TagsPerSecret"/>
/// in all. One transaction.
/// Errors: AccessDeniedException (also when the secret's policy would then deny the caller this operation), ResourceNotFoundException,
/// InvalidRequestException (marked for deletion), InvalidParameterException (system tag, duplicate, too many).
/// Source: AWS API reference, TagResource; docs/compatibility.md.
/// </summary>
internal sealed class TagResource(IDatabase database, IOptions<QuotaOptions> quotas) : IOperation<TagResourceRequest, EmptyResponse>
{
    public async ValueTask<EmptyResponse> InvokeAsync(
        TagResourceRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Tag(session, request, context, id), cancellationToken);
    }

    private EmptyResponse Tag(Session session, TagResourceRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandWritable(session, context, id, request);
        var tags = TagSet.Merge(secret.Tags, request.Tags, quotas.Value.TagsPerSecret);
        var changed = secret with { Tags = tags, LastChangedDate = context.Time };
        SecretAccess.DemandStill(session, context, id, changed, request);
        SecretStore.Update(session, changed);
        AuditLog.Record(session, context);
        return EmptyResponse.Instance;
    }
}
