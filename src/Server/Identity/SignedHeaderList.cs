using Microsoft.AspNetCore.Http;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Identity;

/// <summary>
/// The semicolon-separated names of a signature. They must be lower case and strictly ascending: AWS hashes them so, and a name given twice
/// would let a small request make a large canonical one.
/// </summary>
internal static class SignedHeaderList
{
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Common = new HashSet<string>(StringComparer.Ordinal)
    {
        "accept", "accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request", "cache-control", "content-length", "content-type", "host",
        "user-agent", "x-amz-api-version", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-target",
        "x-amz-user-agent", "x-amzn-query-mode",
    }.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>
    /// Some signers add the session token after signing: it cannot be exchanged, since it decides which secret verifies the signature. Some
    /// leave the user agent out of presigned requests: nothing is decided by it.
    /// </summary>
    private static readonly HashSet<string> MayBeUnsigned =
        new([SignatureNames.SecurityTokenHeader, "x-amz-user-agent"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The first header that had to be signed and was not, in words; null when all were.</summary>
    public static AuthenticationFailure? FindUnsigned(IHeaderDictionary headers, ReadOnlySpan<char> signedHeaders)
    {
        if (!Contains(signedHeaders, SignatureNames.HostHeader)) return AuthenticationErrors.HostNotSigned;
        foreach (var (name, _) in headers)
        {
            if (!name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) || Contains(signedHeaders, name)) continue;
            if (!MayBeUnsigned.Contains(name)) return AuthenticationErrors.NotSigned(name);
        }

        return null;
    }

    /// <summary>
    /// Adds the headers to the canonical request; false when a name is out of order, in upper case or not in the request.
    /// </summary>
    public static bool TryAppend(ref CanonicalRequest canonical, IHeaderDictionary headers, ReadOnlySpan<char> signedHeaders)
    {
        var previous = ReadOnlySpan<char>.Empty;
        foreach (var range in signedHeaders.Split(';'))
        {
            var name = signedHeaders[range];
            if (name.SequenceCompareTo(previous) <= 0 || name.ContainsAnyInRange('A', 'Z')) return false;
            if (!headers.TryGetValue(Intern(name), out var values)) return false;
            if (values.Count == 1) canonical.AddHeader(name, values[0]);
            else canonical.AddHeader(name, values.ToArray());
            previous = name;
        }

        return true;
    }

    private static bool Contains(ReadOnlySpan<char> signedHeaders, ReadOnlySpan<char> name)
    {
        foreach (var range in signedHeaders.Split(';'))
        {
            if (signedHeaders[range].Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private static string Intern(ReadOnlySpan<char> name) => Common.TryGetValue(name, out var known) ? known : name.ToString();
}
