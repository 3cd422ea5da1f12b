namespace Rekey.Aws.SigV4;

/// <summary>The headers of an outgoing message that get signed: lower-case names in ascending order, values in order.</summary>
internal sealed class RequestHeaders
{
    /// <summary>Headers that proxies and clients add or change on the way.</summary>
    private static readonly HashSet<string> NeverSigned =
    [
        "authorization", "connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
        "x-amzn-trace-id",
    ];

    private readonly SortedDictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    public RequestHeaders(HttpRequestMessage request, Uri uri)
    {
        foreach (var (name, values) in request.Headers.NonValidated) Add(name, values);
        if (request.Content is not null)
        {
            foreach (var (name, values) in request.Content.Headers.NonValidated) Add(name, values);
        }

        if (request.Headers.Host is null) _values[SignatureNames.HostHeader] = [uri.IsDefaultPort ? uri.IdnHost : uri.Authority];
    }

    public string Names => string.Join(';', _values.Keys);

    public void AppendTo(ref CanonicalRequest canonical)
    {
        foreach (var (name, values) in _values) canonical.AddHeader(name, values.ToArray());
    }

    private void Add(string name, IEnumerable<string> values)
    {
        var lower = name.ToLowerInvariant();
        if (NeverSigned.Contains(lower)) return;
        if (!_values.TryGetValue(lower, out var list)) _values[lower] = list = [];
        list.AddRange(values);
    }
}
