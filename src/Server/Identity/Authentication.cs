using System.Diagnostics.CodeAnalysis;

namespace Rekey.Server.Identity;

/// <summary>Who signed a request, for which region and service; or why that is not known.</summary>
internal readonly struct Authentication
{
    private Authentication(Principal? principal, string region, string service, AuthenticationFailure? failure)
    {
        Principal = principal;
        Region = region;
        Service = service;
        Failure = failure;
    }

    [MemberNotNullWhen(true, nameof(Principal))]
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool IsAuthenticated => Principal is not null;

    public Principal? Principal { get; }

    /// <summary>The region of the credential scope, one of those served; empty on failure.</summary>
    public string Region { get; }

    /// <summary>The service of the credential scope, such as <c>secretsmanager</c>: not yet known to be one that is served.</summary>
    public string Service { get; }

    public AuthenticationFailure? Failure { get; }

    public static Authentication Success(Principal principal, string region, string service) => new(principal, region, service, null);

    public static implicit operator Authentication(AuthenticationFailure failure) => new(null, "", "", failure);
}
