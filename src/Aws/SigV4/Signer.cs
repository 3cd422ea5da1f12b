using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rekey.Aws.SigV4;

/// <summary>
/// Signs outgoing requests with Signature Version 4, in the Authorization header or in the query. Every header present at that moment is
/// signed, except the few that change on the way. Signing again replaces the earlier signature.
/// </summary>
public sealed class Signer(SigningCredentials credentials, string region, string service, TimeProvider time)
{
    /// <summary>How the path is signed; <see cref="PathStyle.AsSent"/> is S3's way.</summary>
    public PathStyle PathStyle { get; init; }

    /// <summary>Whether the hash of the body is also sent as <c>x-amz-content-sha256</c>.</summary>
    public bool SendsContentHash { get; init; }

    /// <summary>Adds <c>x-amz-date</c>, the session token and <c>Authorization</c>.</summary>
    public void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body)
    {
        var uri = Target(request);
        var date = AmzDate.Format(time.GetUtcNow());
        var payloadHash = SHA256.HashData(body);
        SetHeader(request, SignatureNames.DateHeader, date);
        SetHeader(request, SignatureNames.SecurityTokenHeader, credentials.SessionToken?.RevealText());
        SetHeader(request, SignatureNames.ContentHashHeader, SendsContentHash ? Convert.ToHexStringLower(payloadHash) : null);
        request.Headers.Remove("Authorization");

        var headers = new RequestHeaders(request, uri);
        var signature = Compute(request.Method, uri, headers, payloadHash, date);
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"{SignatureNames.Algorithm} Credential={Credential(date)}, SignedHeaders={headers.Names}, Signature={signature}");
    }

    /// <summary>Moves the signature into the query of the request's address. Valid for <paramref name="expires"/>, 1 s to 7 days.</summary>
    public void Presign(HttpRequestMessage request, ReadOnlySpan<byte> body, TimeSpan expires)
    {
        var uri = Target(request);
        var date = AmzDate.Format(time.GetUtcNow());
        var headers = new RequestHeaders(request, uri);
        var query = new StringBuilder(uri.PathAndQuery);
        AppendParameter(query, SignatureNames.AlgorithmParameter, SignatureNames.Algorithm, uri.Query.Length > 0 ? '&' : '?');
        AppendParameter(query, SignatureNames.CredentialParameter, Credential(date));
        AppendParameter(query, SignatureNames.DateParameter, date);
        AppendParameter(query, SignatureNames.SignedHeadersParameter, headers.Names);
        AppendParameter(query, SignatureNames.ExpiresParameter, ((long)expires.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        if (credentials.SessionToken is { } token) AppendParameter(query, SignatureNames.SecurityTokenParameter, token.RevealText());

        var unsigned = AsSent(uri, query.ToString());
        var signature = Compute(request.Method, unsigned, headers, SHA256.HashData(body), date);
        AppendParameter(query, SignatureNames.SignatureParameter, signature);
        request.RequestUri = AsSent(uri, query.ToString());
    }

    private static Uri Target(HttpRequestMessage request) =>
        request.RequestUri is { IsAbsoluteUri: true } uri
            ? uri
            : throw new InvalidOperationException("A request is signed for an absolute address.");

    /// <summary>The address with exactly this path and query: what is signed is what is sent.</summary>
    private static Uri AsSent(Uri uri, string pathAndQuery) => new(
        uri.GetLeftPart(UriPartial.Authority) + pathAndQuery,
        new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    private static void AppendParameter(StringBuilder query, string name, string value, char separator = '&') =>
        query.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));

    private static void SetHeader(HttpRequestMessage request, string name, string? value)
    {
        request.Headers.Remove(name);
        if (value is not null) request.Headers.TryAddWithoutValidation(name, value);
    }

    private string Credential(string date) => $"{credentials.AccessKeyId}/{Scope(date)}";

    private string Scope(string date) => new CredentialScope(date[..8], region, service).ToString();

    private string Compute(HttpMethod method, Uri uri, RequestHeaders headers, byte[] payloadHash, string date)
    {
        var target = uri.PathAndQuery.AsSpan();
        var question = target.IndexOf('?');
        var path = question < 0 ? target : target[..question];
        var query = question < 0 ? default : target[(question + 1)..];

        var canonical = new CanonicalRequest(stackalloc byte[1024], method.Method, path, query, PathStyle, UnsignedParameters.None);
        Span<byte> key = stackalloc byte[SigningKey.Length];
        Span<byte> signature = stackalloc byte[SigningKey.SignatureLength];
        try
        {
            headers.AppendTo(ref canonical);
            canonical.Complete(headers.Names, payloadHash);
            using var text = new StringToSign(stackalloc byte[256], date, Scope(date), canonical.Bytes);
            SigningKey.Derive(credentials.SecretAccessKey.Reveal(), date.AsSpan(0, 8), region, service, key);
            SigningKey.Sign(key, text.Bytes, signature);
            return Encoding.ASCII.GetString(signature);
        }
        finally
        {
            canonical.Dispose();
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
