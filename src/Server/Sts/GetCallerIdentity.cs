using Rekey.Server.Protocols;

namespace Rekey.Server.Sts;

/// <summary>It has no members.</summary>
public sealed record GetCallerIdentityRequest;

/// <summary>In AWS's order of members.</summary>
public sealed record GetCallerIdentityResponse(string Arn, string UserId, string Account);

/// <summary>
/// Tells the caller who it is. No permission is needed, and none can take it away. Errors: none of its own. Source: AWS STS API,
/// GetCallerIdentity.
/// </summary>
internal sealed class GetCallerIdentity : IOperation<GetCallerIdentityRequest, GetCallerIdentityResponse>
{
    public ValueTask<GetCallerIdentityResponse> InvokeAsync(
        GetCallerIdentityRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var principal = context.Principal;
        return ValueTask.FromResult(new GetCallerIdentityResponse(principal.Arn, principal.UserId, principal.Account));
    }
}
