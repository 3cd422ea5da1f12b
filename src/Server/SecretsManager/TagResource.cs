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
/// Adds tags to a secret; a known key keeps its place and gets the new value. At most 50 in all. One transaction.
/// Errors: ResourceNotFoundException, InvalidRequestException (marked for deletion), InvalidParameterException (system tag, duplicate, too
/// many). Source: AWS API reference, TagResource; docs/compatibility.md.
/// </summary>
internal sealed class TagResource(IDatabase database) : IOperation<TagResourceRequest, EmptyResponse>
{
    public async ValueTask<EmptyResponse> InvokeAsync(
        TagResourceRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Tag(session, request, context, id), cancellationToken);
    }

    private static EmptyResponse Tag(Session session, TagResourceRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandWritable(session, context, id);
        SecretStore.Update(session, secret with { Tags = TagSet.Merge(secret.Tags, request.Tags), LastChangedDate = context.Time });
        AuditLog.Record(session, context);
        return EmptyResponse.Instance;
    }
}
