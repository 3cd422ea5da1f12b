using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record PutResourcePolicyRequest
{
    public required string SecretId { get; init; }

    /// <summary>1 to 20,480 characters of JSON.</summary>
    public required string ResourcePolicy { get; init; }

    /// <summary>Default false. True refuses a policy that allows broad access.</summary>
    public bool? BlockPublicPolicy { get; init; }
}

internal sealed record PutResourcePolicyResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }
}

/// <summary>
/// Attaches a policy to a secret in place of the one it has. The first thing that is wrong with it is told, with its place. A policy that
/// would deny the caller this very operation is refused, since nobody could put it right. One transaction; the policy holds for every call
/// that begins after the answer, and for cached values too.
/// Errors: ResourceNotFoundException, InvalidRequestException (marked for deletion), InvalidParameterException (replica),
/// MalformedPolicyDocumentException (syntax, principals, lock-out), PublicPolicyException (BlockPublicPolicy).
/// Source: AWS API reference, PutResourcePolicy; docs/compatibility.md.
/// </summary>
internal sealed class PutResourcePolicy(IDatabase database) : IOperation<PutResourcePolicyRequest, PutResourcePolicyResponse>
{
    public async ValueTask<PutResourcePolicyResponse> InvokeAsync(
        PutResourcePolicyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Put(session, request, context, id), cancellationToken);
    }

    private static PutResourcePolicyResponse Put(
        Session session, PutResourcePolicyRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandWritable(session, context, id, request);
        var isPublicBlocked = request.BlockPublicPolicy ?? false;
        foreach (var finding in ResourcePolicyCheck.Run(request.ResourcePolicy, secret, context, id.Text))
        {
            if (finding.Check != PolicyCheck.BroadAccess) throw SecretsManagerErrors.MalformedPolicy(finding.Message);
            if (isPublicBlocked) throw SecretsManagerErrors.PublicPolicy();
        }
        var stored = ResourcePolicyText.Compact(request.ResourcePolicy);
        SecretStore.Update(session, secret with { ResourcePolicy = stored, LastChangedDate = context.Time });
        AuditLog.Record(session, context);
        return new PutResourcePolicyResponse { ARN = secret.Arn, Name = secret.Name };
    }
}
