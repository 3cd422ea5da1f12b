using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rekey.Server.Identity;

/// <summary>
/// Path and query as they stood on the request line, before the server decoded or normalised anything: that is what was signed.
/// </summary>
internal readonly ref struct RequestTarget
{
    public RequestTarget(HttpRequest request)
    {
        var target = Raw(request).AsSpan();
        var question = target.IndexOf('?');
        Path = question < 0 ? target : target[..question];
        Query = question < 0 ? default : target[(question + 1)..];
    }

    public ReadOnlySpan<char> Path { get; }

    /// <summary>Without the question mark.</summary>
    public ReadOnlySpan<char> Query { get; }

    private static string Raw(HttpRequest request)
    {
        var raw = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (string.IsNullOrEmpty(raw)) return request.PathBase.ToUriComponent() + request.Path.ToUriComponent() + request.QueryString.Value;
        if (raw[0] == '/') return raw;

        // The absolute form, as proxies get it: the authority is signed as the Host header.
        var authority = raw.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0) return raw;
        var path = raw.AsSpan(authority + 3).IndexOfAny('/', '?');
        return path < 0 ? "/" : raw[(authority + 3 + path)..];
    }
}
