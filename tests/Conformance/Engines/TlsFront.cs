using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Rekey.Conformance.Engines;

/// <summary>Speaks TLS in front of a server that does not: takes connections on loopback and hands on what is inside.</summary>
internal sealed class TlsFront : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePort.Next());
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate;
    private readonly int _targetPort;
    private readonly Task _accepting;

    public TlsFront(TestAuthority authority, string host, int targetPort, bool isExpired = false)
    {
        var (certificate, key) = authority.Issue(host, isExpired);
        using var pem = X509Certificate2.CreateFromPem(certificate, key);
        // The key of a certificate read from PEM cannot be used by a server before it was written and read once.
        _certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), password: null);
        _targetPort = targetPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                await server.ConnectAsync(IPAddress.Loopback, _targetPort, _stop.Token);
                var answers = server.GetStream().CopyToAsync(tls, _stop.Token);
                await tls.CopyToAsync(server.GetStream(), _stop.Token);
                server.Client.Shutdown(SocketShutdown.Send);
                await answers;
            }
            catch (Exception e) when (
                e is IOException or SocketException or AuthenticationException or OperationCanceledException or ObjectDisposedException)
            {
                // One side closed or refused the other, or the test ended.
            }
        }
    }
}
