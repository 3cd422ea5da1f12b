using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record GetResourcePolicyRequest
{
    public required string SecretId { get; init; }
}

internal sealed record GetResourcePolicyResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }

    /// <summary>The policy, printed anew; absent when the secret has none.</summary>
    public string? ResourcePolicy { get; init; }
}

/// <summary>
/// The policy attached to a secret: members in the order in which they were put, white space as AWS prints it. Reads one snapshot.
/// Errors: ResourceNotFoundException, InvalidRequestException (marked for deletion).
/// Source: AWS API reference, GetResourcePolicy; docs/compatibility.md.
/// </summary>
internal sealed class GetResourcePolicy(IDatabase database) : IOperation<GetResourcePolicyRequest, GetResourcePolicyResponse>
{
    public ValueTask<GetResourcePolicyResponse> InvokeAsync(
        GetResourcePolicyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        var secret = database.Read(session => SecretAccess.DemandReadable(session, context, id));
        return ValueTask.FromResult(new GetResourcePolicyResponse
        {
            ARN = secret.Arn,
            Name = secret.Name,
            ResourcePolicy = secret.ResourcePolicy is { } policy ? ResourcePolicyText.Pretty(policy) : null,
        });
    }
}
