using Rekey.Aws;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Identity;

/// <summary>The codes and texts of authentication, as AWS words them.</summary>
internal static class AuthenticationErrors
{
    public static readonly AuthenticationFailure MissingToken = new(AuthenticationFault.MissingToken, "Missing Authentication Token");

    public static readonly AuthenticationFailure UnrecognizedClient =
        new(AuthenticationFault.UnrecognizedClient, "The security token included in the request is invalid.");

    public static readonly AuthenticationFailure ExpiredToken =
        new(AuthenticationFault.ExpiredToken, "The security token included in the request is expired");

    public static readonly AuthenticationFailure SignatureMismatch = Invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing "
        + "method. Consult the service documentation for details.");

    public static readonly AuthenticationFailure TwoForms =
        Invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");

    public static readonly AuthenticationFailure HostNotSigned =
        Invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");

    /// <summary>Does not repeat the credential, unlike AWS: a secret key pasted as the key id, with its slashes, ends up here.</summary>
    public static readonly AuthenticationFailure CredentialParts =
        Incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term");

    public static AuthenticationFailure Incomplete(string text) => new(AuthenticationFault.IncompleteSignature, text);

    public static AuthenticationFailure Invalid(string text) => new(AuthenticationFault.InvalidSignature, text);

    public static AuthenticationFailure UnsupportedAlgorithm(ReadOnlySpan<char> algorithm) =>
        Incomplete($"Unsupported AWS 'algorithm': '{EchoedText.Shown(algorithm)}' (only {SignatureNames.Algorithm} for now). ");

    public static AuthenticationFailure UnreadableDate(string date) => Incomplete(
        $"Date must be in ISO-8601 'basic format'. Got '{EchoedText.Shown(date)}'. See http://en.wikipedia.org/wiki/ISO_8601");

    public static AuthenticationFailure NotSigned(string header) =>
        Invalid($"'{EchoedText.Shown(header)}' must be a 'SignedHeader' in the AWS Authorization.");

    /// <summary>The request was signed for a service that this operation does not belong to.</summary>
    public static AuthenticationFailure WrongService(string expected) =>
        Invalid($"Credential should be scoped to correct service: '{expected}'. ");

    /// <summary>The code of the JSON protocols: always status 400.</summary>
    public static ErrorShape JsonShape(AuthenticationFault fault) => ErrorShape.Framework(fault switch
    {
        AuthenticationFault.MissingToken => "MissingAuthenticationTokenException",
        AuthenticationFault.IncompleteSignature => "IncompleteSignatureException",
        AuthenticationFault.UnrecognizedClient => "UnrecognizedClientException",
        AuthenticationFault.ExpiredToken => "ExpiredTokenException",
        _ => "InvalidSignatureException",
    });

    /// <summary>The code and status of the Query protocol.</summary>
    public static ErrorShape QueryShape(AuthenticationFault fault) => fault switch
    {
        AuthenticationFault.MissingToken => ErrorShape.Framework("MissingAuthenticationToken", 403),
        AuthenticationFault.IncompleteSignature => ErrorShape.Framework("IncompleteSignature"),
        AuthenticationFault.UnrecognizedClient => ErrorShape.Framework("InvalidClientTokenId", 403),
        AuthenticationFault.ExpiredToken => ErrorShape.Framework("ExpiredToken", 403),
        _ => ErrorShape.Framework("SignatureDoesNotMatch", 403),
    };

    /// <summary>The text of the Query protocol, which words the missing signature differently.</summary>
    public static string QueryText(AuthenticationFailure failure) =>
        failure.Fault == AuthenticationFault.MissingToken ? "Request is missing Authentication Token" : failure.Text;
}
