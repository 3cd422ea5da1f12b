using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Identity;

/// <summary>
/// The header form: <c>Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…</c>, commas or spaces between the parts.
/// </summary>
internal static class AuthorizationHeader
{
    public static AuthenticationFailure? Read(IHeaderDictionary headers, StringValues authorization, out SignatureClaim claim)
    {
        claim = default;
        var text = authorization.Count == 1 ? authorization[0] ?? "" : authorization.ToString();
        var algorithmLength = text.IndexOf(' ');
        claim.Algorithm = algorithmLength < 0 ? text : text.AsSpan(0, algorithmLength);
        if (ReadParts(text.AsSpan(claim.Algorithm.Length), text, ref claim) is { } failure) return failure;

        var date = headers["x-amz-date"];
        if (date.Count == 0) date = headers.Date;
        if (Missing(claim, date.Count > 0) is { } missing) return AuthenticationErrors.Incomplete(missing + HashOf(text));

        claim.Date = date.ToString();
        var token = headers[SignatureNames.SecurityTokenHeader];
        claim.SecurityToken = token.Count == 0 ? null : token.ToString();
        return null;
    }

    private static AuthenticationFailure? ReadParts(ReadOnlySpan<char> parts, string text, ref SignatureClaim claim)
    {
        foreach (var range in parts.SplitAny(',', ' '))
        {
            var part = parts[range];
            if (part.Length == 0) continue;
            var equals = part.IndexOf('=');
            if (equals < 0)
            {
                return AuthenticationErrors.Incomplete(
                    "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): "
                    + $"'{Hash(text)}'.");
            }

            var value = part[(equals + 1)..];
            var isRepeated = part[..equals] switch
            {
                "Credential" => IsRepeated(ref claim.Credential, value),
                "SignedHeaders" => IsRepeated(ref claim.SignedHeaders, value),
                "Signature" => IsRepeated(ref claim.Signature, value),
                _ => false,
            };
            if (isRepeated)
            {
                return AuthenticationErrors.Incomplete(
                    $"Authorization header must not repeat '{part[..equals]}' parameter. " + HashOf(text));
            }
        }

        return null;
    }

    private static bool IsRepeated(ref ReadOnlySpan<char> field, ReadOnlySpan<char> value)
    {
        if (field.Length > 0) return true;
        field = value;
        return false;
    }

    private static string? Missing(in SignatureClaim claim, bool hasDate)
    {
        if (claim.Credential.Length > 0 && claim.Signature.Length > 0 && claim.SignedHeaders.Length > 0 && hasDate) return null;
        var text = new StringBuilder();
        if (claim.Credential.Length == 0) text.Append("Authorization header requires 'Credential' parameter. ");
        if (claim.Signature.Length == 0) text.Append("Authorization header requires 'Signature' parameter. ");
        if (claim.SignedHeaders.Length == 0) text.Append("Authorization header requires 'SignedHeaders' parameter. ");
        if (!hasDate) text.Append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
        return text.ToString();
    }

    private static string HashOf(string text) => $"(Hashed with SHA-256 and encoded with Base64) Authorization={Hash(text)}";

    /// <summary>The header itself may hold somebody's bearer token: like AWS, tell only its hash.</summary>
    private static string Hash(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
