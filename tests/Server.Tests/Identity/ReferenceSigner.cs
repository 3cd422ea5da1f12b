using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Rekey.Server.Tests.Identity;

/// <summary>
/// Signature Version 4 written a second time, from the definition and with strings only: it signs what the product's signer never would,
/// and checks the product's canonical request against another reading of the same rules.
/// </summary>
internal sealed class ReferenceSigner
{
    public string AccessKeyId { get; init; } = SignedSamples.RootKeyId;

    public string Secret { get; init; } = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    public string Date { get; init; } = "20260504T030201Z";

    /// <summary>date/region/service/terminator.</summary>
    public string Scope { get; init; } = "20260504/us-east-1/secretsmanager/aws4_request";

    public string Algorithm { get; init; } = "AWS4-HMAC-SHA256";

    /// <summary>What stands for the hash of the body; null for the hash itself.</summary>
    public string? PayloadHash { get; init; }

    /// <summary>Names as they will be written; null for all headers in order.</summary>
    public string? SignedHeaders { get; init; }

    public VerifiedRequest Sign(VerifiedRequest request)
    {
        var names = SignedHeaders
            ?? string.Join(';', request.Headers.Select(header => header.Key.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal));
        var signature = Signature(CanonicalRequest(request, names));
        var authorization = $"{Algorithm} Credential={AccessKeyId}/{Scope}, SignedHeaders={names}, Signature={signature}";
        return request.With(copy => copy.Set("Authorization", authorization));
    }

    public string CanonicalRequest(VerifiedRequest request, string names)
    {
        var headers = names.Split(';').Select(name => name + ':' + string.Join(',', request.Headers
            .Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(header => Regex.Replace(header.Value.Trim(), @"\s+", " ", RegexOptions.NonBacktracking))) + '\n');
        var parts = request.Target.Split('?', 2);
        return string.Join('\n',
            request.Method,
            Path(parts[0]),
            Query(parts.Length > 1 ? parts[1] : ""),
            string.Concat(headers),
            names,
            PayloadHash ?? Convert.ToHexStringLower(SHA256.HashData(request.Body)));
    }

    private static string Path(string path)
    {
        var kept = new Stack<string>();
        foreach (var segment in path.Split('/').Where(segment => segment is not ("" or ".")))
        {
            if (segment != "..") kept.Push(Uri.EscapeDataString(segment));
            else kept.TryPop(out _);
        }

        return "/" + string.Join('/', kept.Reverse()) + (kept.Count > 0 && path.EndsWith('/') ? "/" : "");
    }

    private static string Query(string query) => string.Join('&', query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Split('=', 2))
        .Select(pair => (Name: Encode(pair[0]), Value: pair.Length > 1 ? Encode(pair[1]) : ""))
        .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
        .Select(pair => pair.Name + '=' + pair.Value));

    private static string Encode(string text) => Uri.EscapeDataString(Uri.UnescapeDataString(text.Replace('+', ' ')));

    private string Signature(string canonicalRequest)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonicalRequest)));
        var text = $"AWS4-HMAC-SHA256\n{Date}\n{Scope}\n{hash}";
        var key = Scope.Split('/').Aggregate(
            Encoding.UTF8.GetBytes("AWS4" + Secret), (key, part) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part)));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }
}
