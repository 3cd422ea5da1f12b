namespace Rekey.Server.Identity;

/// <summary>Why a request was not authenticated. Each protocol has its own code for it: see <see cref="AuthenticationErrors"/>.</summary>
internal enum AuthenticationFault
{
    MissingToken,
    IncompleteSignature,
    InvalidSignature,
    UnrecognizedClient,
    ExpiredToken,
}

/// <summary>The text is for the caller; it never repeats a signature, a token or an Authorization header.</summary>
internal sealed record AuthenticationFailure(AuthenticationFault Fault, string Text);
