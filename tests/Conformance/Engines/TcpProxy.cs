using System.Net;
using System.Net.Sockets;

namespace Rekey.Conformance.Engines;

/// <summary>
/// Stands between a client and a server on loopback. For each connection, counted from 1, the test says where it leads; what the client
/// sends is shown to the test first, which may cut the connection before or after the server gets it.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePort.Next());
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly Func<int, int> _targetPort;
    private readonly Func<int, ReadOnlyMemory<byte>, Cut> _inspect;

    public TcpProxy(Func<int, int> targetPort, Func<int, ReadOnlyMemory<byte>, Cut> inspect)
    {
        _targetPort = targetPort;
        _inspect = inspect;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public enum Cut
    {
        None,
        BeforeServer,

        /// <summary>The server gets the bytes, the client never its answer.</summary>
        AfterServer,
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            for (var number = 1; ; number++)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                connections.Add(CarryAsync(client, number));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task CarryAsync(TcpClient client, int number)
    {
        // Without this each of a driver's small messages would wait for the other side's delayed acknowledgement.
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _targetPort(number), _stop.Token);
                var answers = server.GetStream().CopyToAsync(client.GetStream(), _stop.Token);
                await CarryToServerAsync(client.GetStream(), server.GetStream(), number);
                client.Close();
                server.Close();
                await answers;
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One side closed, or the test ended: so does the other.
            }
        }
    }

    private async Task CarryToServerAsync(NetworkStream client, NetworkStream server, int number)
    {
        var buffer = new byte[16 * 1024];
        while (await client.ReadAsync(buffer, _stop.Token) is var count and > 0)
        {
            var cut = _inspect(number, buffer.AsMemory(0, count));
            if (cut == Cut.BeforeServer) return;
            if (cut == Cut.AfterServer)
            {
                // Only the way back is closed; the server reads to the end of what it was sent.
                client.Socket.Close(timeout: 0);
                await server.WriteAsync(buffer.AsMemory(0, count), _stop.Token);
                server.Socket.Shutdown(SocketShutdown.Send);
                await server.Socket.ReceiveAsync(new byte[1], _stop.Token);
                return;
            }
            await server.WriteAsync(buffer.AsMemory(0, count), _stop.Token);
        }
    }
}
