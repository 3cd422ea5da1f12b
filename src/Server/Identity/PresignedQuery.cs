using System.Net;
using System.Text;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Identity;

/// <summary>
/// The query form: <c>X-Amz-Algorithm</c>, <c>-Credential</c>, <c>-Date</c>, <c>-SignedHeaders</c>, <c>-Expires</c>, <c>-Signature</c>.
/// </summary>
internal sealed class PresignedQuery
{
    private static readonly string[] Required =
    [
        SignatureNames.AlgorithmParameter, SignatureNames.CredentialParameter, SignatureNames.SignatureParameter,
        SignatureNames.SignedHeadersParameter, SignatureNames.DateParameter,
    ];

    private static readonly string[] Known =
        [.. Required, SignatureNames.ExpiresParameter, SignatureNames.SecurityTokenParameter];

    private readonly Dictionary<string, string> _found = new(StringComparer.Ordinal);
    private string? _repeated;

    private PresignedQuery()
    {
    }

    /// <summary>Null when nothing in the query tries to be a signature.</summary>
    public static PresignedQuery? Find(ReadOnlySpan<char> query)
    {
        if (query.Length == 0) return null;
        var presigned = new PresignedQuery();
        foreach (var range in query.Split('&')) presigned.Add(query[range]);
        return presigned.Has(SignatureNames.AlgorithmParameter)
            || presigned.Has(SignatureNames.CredentialParameter)
            || presigned.Has(SignatureNames.SignatureParameter)
            ? presigned
            : null;
    }

    public AuthenticationFailure? Read(out SignatureClaim claim)
    {
        claim = default;
        if (_repeated is not null)
            return AuthenticationErrors.Incomplete($"AWS query-string parameters must not repeat '{_repeated}'. {Advice}");
        var missing = new StringBuilder();
        foreach (var name in Required)
        {
            if (string.IsNullOrEmpty(_found.GetValueOrDefault(name)))
                missing.Append("AWS query-string parameters must include '").Append(name).Append("'. ");
        }

        if (missing.Length > 0) return AuthenticationErrors.Incomplete(missing.Append(Advice).ToString());
        claim = new SignatureClaim
        {
            Algorithm = _found[SignatureNames.AlgorithmParameter],
            Credential = _found[SignatureNames.CredentialParameter],
            SignedHeaders = _found[SignatureNames.SignedHeadersParameter],
            Signature = _found[SignatureNames.SignatureParameter],
            Date = _found[SignatureNames.DateParameter],
            Expires = _found.GetValueOrDefault(SignatureNames.ExpiresParameter),
            SecurityToken = _found.GetValueOrDefault(SignatureNames.SecurityTokenParameter),
            IsPresigned = true,
        };
        return null;
    }

    private const string Advice = "Re-examine the query-string parameters.";

    private bool Has(string name) => _found.ContainsKey(name);

    private void Add(ReadOnlySpan<char> part)
    {
        var equals = part.IndexOf('=');
        var name = WebUtility.UrlDecode((equals < 0 ? part : part[..equals]).ToString());
        if (!Known.Contains(name)) return;
        var value = equals < 0 ? "" : WebUtility.UrlDecode(part[(equals + 1)..].ToString());
        if (!_found.TryAdd(name, value)) _repeated = name;
    }
}
