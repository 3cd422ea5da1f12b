using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>
/// A server that speaks just enough of the protocol to cheat: it accepts any password and answers as the test says. All that clients
/// send is kept.
/// </summary>
internal sealed class RogueMySqlServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePort.Next());
    private readonly CancellationTokenSource _stop = new();
    private readonly MemoryStream _received = new();
    private readonly Func<string, byte[]> _answer;
    private readonly byte[] _answerToLogin;
    private readonly Task _serving;

    /// <param name="answerToLogin">The packet after the client's first one.</param>
    /// <param name="answer">The packet that answers a statement.</param>
    public RogueMySqlServer(byte[] answerToLogin, Func<string, byte[]> answer)
    {
        _answerToLogin = answerToLogin;
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public static byte[] Ok { get; } = [0, 0, 0, 2, 0, 0, 0];

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Everything received so far, byte for byte as Latin-1.</summary>
    public string Received
    {
        get
        {
            lock (_received) return Encoding.Latin1.GetString(_received.ToArray());
        }
    }

    /// <summary>Asks the client to go on with another authentication plugin.</summary>
    public static byte[] SwitchTo(string plugin) => [0xFE, .. Encoding.ASCII.GetBytes(plugin), 0, .. new byte[20], 0];

    /// <summary>Asks the client for a file of its own machine, as LOAD DATA LOCAL does.</summary>
    public static byte[] AskForFile(string path) => [0xFB, .. Encoding.UTF8.GetBytes(path)];

    public static byte[] Error(ushort code, string sqlState, string text) =>
        [0xFF, (byte)(code & 0xFF), (byte)(code >> 8), (byte)'#', .. Encoding.ASCII.GetBytes(sqlState), .. Encoding.UTF8.GetBytes(text)];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                try
                {
                    await ServeAsync(client.GetStream());
                }
                catch (Exception e) when (e is IOException or EndOfStreamException)
                {
                    // The client had enough.
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            // The test is over: it cancelled, or stopped the listener first.
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        // Protocol 10: version, connection, salt, capabilities with 4.1, secure and pluggable authentication, but without TLS.
        await SendAsync(stream, 0,
        [
            10, .. "9.9.9-rogue"u8, 0, 1, 0, 0, 0, .. "12345678"u8, 0, 0x8F, 0xA2, 45, 2, 0, 0x08, 0x00, 21, .. new byte[10],
            .. "123456789012"u8, 0, .. "mysql_native_password"u8, 0,
        ]);
        var (sequence, _) = await ReceiveAsync(stream);
        await SendAsync(stream, sequence + 1, _answerToLogin);
        if (_answerToLogin[0] == 0xFE)
        {
            (sequence, _) = await ReceiveAsync(stream);
            await SendAsync(stream, sequence + 1, Ok);
        }
        while (true)
        {
            const byte Query = 3;
            (sequence, var packet) = await ReceiveAsync(stream);
            var isQuery = packet.Length > 0 && packet[0] == Query;
            var answer = isQuery ? _answer(Encoding.UTF8.GetString(packet.AsSpan(1))) : Error(1047, "08S01", "unknown command");
            await SendAsync(stream, sequence + 1, answer);
            if (answer[0] != 0xFB) continue;
            (sequence, _) = await ReceiveAsync(stream);
            await SendAsync(stream, sequence + 1, Ok);
        }
    }

    private async Task SendAsync(NetworkStream stream, int sequence, byte[] payload)
    {
        var packet = new byte[4 + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(packet, payload.Length);
        packet[3] = (byte)sequence;
        payload.CopyTo(packet, 4);
        await stream.WriteAsync(packet, _stop.Token);
    }

    private async Task<(int Sequence, byte[] Payload)> ReceiveAsync(NetworkStream stream)
    {
        var header = new byte[4];
        await stream.ReadExactlyAsync(header, _stop.Token);
        var sequence = header[3];
        header[3] = 0;
        var payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(header)];
        await stream.ReadExactlyAsync(payload, _stop.Token);
        lock (_received) _received.Write(payload);
        return (sequence, payload);
    }
}
