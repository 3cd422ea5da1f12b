using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Rekey.Server.Webhooks;

/// <summary>
/// One POST to one webhook. Names are resolved here and the connection is made to the very address that was checked, so that a name that
/// changes its meaning in between gains nothing. Redirects are not followed, no proxy is used, and TLS is verified by the system's list.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    private const string EventHeader = "Rekey-Event";
    private const string IdHeader = "Idempotency-Key";

    private readonly HttpClient _open = Create(allowPrivate: true);
    private readonly HttpClient _public = Create(allowPrivate: false);

    /// <returns>Why it did not arrive: an HTTP status or a class of failure; null when the receiver answered 2xx.</returns>
    public async Task<string?> SendAsync(
        WebhookMessage message, WebhookOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Url)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(message.Body)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.Add(WebhookSignature.Header, WebhookSignature.Sign(options.ReadSecret(), message.Body, now));
        request.Headers.Add(IdHeader, message.EventId);
        request.Headers.Add(EventHeader, message.Event);
        request.Headers.Add("User-Agent", "Rekey");
        try
        {
            var client = options.AllowPrivateAddresses ? _open : _public;
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.IsSuccessStatusCode ? null : $"HTTP {(int)answer.StatusCode}";
        }
        catch (HttpRequestException failure)
        {
            return failure.InnerException is ForbiddenAddressException ? "forbidden address" : failure.HttpRequestError.ToString();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "timeout";
        }
        catch (IOException)
        {
            return "the secret's file cannot be read";
        }
    }

    public void Dispose()
    {
        _open.Dispose();
        _public.Dispose();
    }

    private static HttpClient Create(bool allowPrivate)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = Limits.WebhookTimeout,
            // A connection is checked when it is made: what a name means is asked anew now and then.
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 0,
            ConnectCallback = (context, cancellationToken) => ConnectAsync(context, allowPrivate, cancellationToken),
        };
        return new HttpClient(handler) { Timeout = Limits.WebhookTimeout };
    }

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, bool allowPrivate, CancellationToken cancellationToken)
    {
        var target = context.DnsEndPoint;
        var addresses = await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var isPlain = context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttp;
        // Without TLS it may go to private addresses alone, where it was asked for.
        var allowed = addresses
            .Where(address => WebhookAddresses.IsAllowed(address, allowPrivate) && (!isPlain || WebhookAddresses.IsPrivate(address)))
            .ToArray();
        if (allowed.Length == 0) throw new ForbiddenAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class ForbiddenAddressException() : Exception("No address of the webhook may be spoken to.");
}
