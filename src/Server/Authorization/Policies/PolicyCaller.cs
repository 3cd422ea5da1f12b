using System.Diagnostics;
using Rekey.Server.Identity;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// Who asks, as policies name them. <paramref name="Arn"/> is the ARN of the user or session, the name of a service, or the identity
/// provider of somebody who has no AWS identity yet. <paramref name="Account"/> is empty where there is none.
/// </summary>
internal sealed record PolicyCaller(CallerKind Kind, string Account, string Arn)
{
    /// <summary>The role of a session, the user behind a federated session; otherwise the ARN itself.</summary>
    public string EntityArn { get; init; } = Arn;

    /// <summary>The id of the user or role that outlives its name: AIDA… or AROA….</summary>
    public string? UniqueId { get; init; }

    /// <summary>Whether they come with a session of another identity: then that identity is not named directly when it is named.</summary>
    public bool IsSession => Kind is CallerKind.RoleSession or CallerKind.FederatedUser;

    public static PolicyCaller Of(Principal principal) => principal.Kind switch
    {
        PrincipalKind.Root => new(CallerKind.AccountRoot, principal.Account, principal.Arn),
        PrincipalKind.Service => new(CallerKind.Service, "", principal.Arn),
        _ => throw new UnreachableException(),
    };
}

internal enum CallerKind
{
    /// <summary>The root user of an account: allowed everything in it, unless a policy denies.</summary>
    AccountRoot,

    User,
    RoleSession,
    FederatedUser,

    /// <summary>A service acting for itself.</summary>
    Service,

    /// <summary>Somebody known to an identity provider, who is about to assume a role.</summary>
    FederatedIdentity,
}
