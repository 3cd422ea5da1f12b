using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Identity;

/// <summary>
/// Verifies Signature Version 4, in the Authorization header or in the query, and says who signed. Never throws for a bad request; the
/// checks run in the order in which AWS reports them. The hash of the body is always our own: none of the services here takes
/// UNSIGNED-PAYLOAD or streamed signatures, which S3 alone defines.
/// </summary>
internal sealed class SigV4Authenticator(AccessKeyStore keys, IEnumerable<string> regions, TimeProvider time)
{
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _regions =
        new HashSet<string>(regions, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly SignatureVerifier _verifier = new();

    /// <summary>How paths are signed; <see cref="PathStyle.AsSent"/> is S3's way, which the published vectors cover too.</summary>
    public PathStyle PathStyle { get; init; }

    /// <summary>
    /// 1 read what the request claims, 2 its time, 3 that all was signed that had to be, 4 algorithm and credential scope, 5 key, signature
    /// and session.
    /// </summary>
    public Authentication Authenticate(HttpRequest request, ReadOnlySpan<byte> body)
    {
        // 1
        if (Read(request, new RequestTarget(request).Query, out var claim) is { } unreadable) return unreadable;

        // 2
        var now = time.GetUtcNow();
        if (SignatureWindow.Check(claim, now, out var date) is { } untimely) return untimely;

        // 3
        if (SignedHeaderList.FindUnsigned(request.Headers, claim.SignedHeaders) is { } unsigned) return unsigned;

        // 4
        if (claim.Algorithm is not SignatureNames.Algorithm) return AuthenticationErrors.UnsupportedAlgorithm(claim.Algorithm);

        if (!Credential.TryParse(claim.Credential, out var credential)) return AuthenticationErrors.CredentialParts;
        if (CheckScope(credential, date) is { } misplaced) return misplaced;

        // 5
        var key = FindKey(credential, claim);
        var verified = Verify(request, claim, credential, date, body, key);
        if (key is null) return AuthenticationErrors.UnrecognizedClient;
        if (verified is null) return AuthenticationErrors.SignatureMismatch;
        if (key.ExpiresAt <= now) return AuthenticationErrors.ExpiredToken;
        return Authentication.Success(key.Principal, verified.Region, verified.Service);
    }

    private static AuthenticationFailure? Read(HttpRequest request, ReadOnlySpan<char> query, out SignatureClaim claim)
    {
        claim = default;
        var authorization = request.Headers.Authorization;
        var presigned = PresignedQuery.Find(query);
        if (authorization.Count == 0) return presigned is null ? AuthenticationErrors.MissingToken : presigned.Read(out claim);
        return presigned is null
            ? AuthorizationHeader.Read(request.Headers, authorization, out claim)
            : AuthenticationErrors.TwoForms;
    }

    private AuthenticationFailure? CheckScope(in Credential credential, string date)
    {
        var isRegion = _regions.Contains(credential.Region);
        var isTerminated = credential.Terminator is SignatureNames.Terminator;
        var isSameDay = credential.Date.SequenceEqual(date.AsSpan(0, 8));
        if (isRegion && isTerminated && isSameDay) return null;
        var text = new StringBuilder();
        if (!isRegion)
        {
            text.Append("Credential should be scoped to a valid region, not '")
                .Append(EchoedText.Shown(credential.Region)).Append("'. ");
        }

        if (!isTerminated)
        {
            text.Append("Credential should be scoped with a valid terminator: 'aws4_request', not '")
                .Append(EchoedText.Shown(credential.Terminator)).Append("'. ");
        }

        if (!isSameDay)
        {
            text.Append("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '")
                .Append(EchoedText.Shown(credential.Date)).Append("' != '").Append(date.AsSpan(0, 8)).Append("', from '")
                .Append(date).Append("'.");
        }

        return AuthenticationErrors.Invalid(text.ToString());
    }

    /// <summary>A key whose session token is missing, wrong or superfluous is no known key.</summary>
    private AccessKey? FindKey(in Credential credential, in SignatureClaim claim)
    {
        var key = keys.Find(credential.AccessKeyId);
        if (key?.SessionToken is null) return claim.SecurityToken is null ? key : null;
        return claim.SecurityToken is { } token
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), key.SessionToken.Reveal())
            ? key
            : null;
    }

    private CachedSigningKey? Verify(
        HttpRequest request, in SignatureClaim claim, in Credential credential, string date, ReadOnlySpan<byte> body, AccessKey? key)
    {
        Span<byte> payloadHash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, payloadHash);
        if (!IsContentHash(request.Headers[SignatureNames.ContentHashHeader], payloadHash)) return null;
        var unsigned = claim.IsPresigned ? UnsignedParameters.Signature : UnsignedParameters.None;
        if (Verify(request, claim, credential, date, payloadHash, key, unsigned) is { } verified) return verified;

        // Some signers add the token to the query after signing, as they do with the header: see SignedHeaderList.
        if (!claim.IsPresigned || claim.SecurityToken is null) return null;
        return Verify(request, claim, credential, date, payloadHash, key, unsigned | UnsignedParameters.SecurityToken);
    }

    private CachedSigningKey? Verify(
        HttpRequest request, in SignatureClaim claim, in Credential credential, string date, ReadOnlySpan<byte> payloadHash, AccessKey? key,
        UnsignedParameters unsigned)
    {
        var target = new RequestTarget(request);
        if (target.Path is not ['/', ..]) return null;
        var canonical = new CanonicalRequest(stackalloc byte[1024], request.Method, target.Path, target.Query, PathStyle, unsigned);
        try
        {
            if (!SignedHeaderList.TryAppend(ref canonical, request.Headers, claim.SignedHeaders)) return null;
            canonical.Complete(claim.SignedHeaders, payloadHash);
            using var text = new StringToSign(stackalloc byte[256], date, credential.Scope, canonical.Bytes);
            return _verifier.Verify(claim, credential, text.Bytes, key);
        }
        finally
        {
            canonical.Dispose();
        }
    }

    /// <summary>The header is optional; when present it must tell the truth.</summary>
    private static bool IsContentHash(StringValues header, ReadOnlySpan<byte> payloadHash)
    {
        if (header.Count == 0) return true;
        Span<char> hex = stackalloc char[SHA256.HashSizeInBytes * 2];
        return Convert.TryToHexStringLower(payloadHash, hex, out _) && hex.SequenceEqual(header.ToString());
    }
}
