using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Rekey.Server.Tests.SigV4;

namespace Rekey.Server.Tests.Identity;

/// <summary>A request as it reaches the authenticator, in parts that a test may change one at a time.</summary>
internal sealed class VerifiedRequest
{
    public string Method { get; set; } = "POST";

    public string Target { get; set; } = "/";

    public List<KeyValuePair<string, string>> Headers { get; init; } = [];

    public byte[] Body { get; set; } = [];

    public static VerifiedRequest From(RawRequest request) => new()
    {
        Method = request.Method,
        Target = request.Target,
        Headers = [.. request.Headers.Select(header => KeyValuePair.Create(header.Key, header.Value.Trim(' ')))],
        Body = Encoding.UTF8.GetBytes(request.Body),
    };

    /// <summary>What an HttpClient would send of a signed message.</summary>
    public static VerifiedRequest From(HttpRequestMessage message, byte[] body)
    {
        var uri = message.RequestUri!;
        var request = new VerifiedRequest { Method = message.Method.Method, Target = uri.PathAndQuery, Body = body };
        request.Headers.Add(new("Host", message.Headers.Host ?? uri.Authority));
        foreach (var (name, values) in message.Headers.NonValidated.Concat(message.Content?.Headers.NonValidated ?? default))
        {
            foreach (var value in values) request.Headers.Add(new(name, value));
        }

        return request;
    }

    public VerifiedRequest With(Action<VerifiedRequest> change)
    {
        var copy = new VerifiedRequest { Method = Method, Target = Target, Headers = [.. Headers], Body = [.. Body] };
        change(copy);
        return copy;
    }

    public string? Get(string name) => Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public void Set(string name, string value)
    {
        Remove(name);
        Headers.Add(new(name, value));
    }

    public void Remove(string name) => Headers.RemoveAll(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase));

    public HttpRequest ToHttp()
    {
        var request = new DefaultHttpContext().Request;
        request.Method = Method;
        request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget = Target;
        foreach (var (name, value) in Headers) request.Headers[name] = StringValues.Concat(request.Headers[name], value);
        return request;
    }
}
