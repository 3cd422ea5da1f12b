using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rekey.Benchmarks.Load;

/// <summary>One keep-alive connection with one request in flight.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _received;
    private int _headLength;
    private int _answerLength;

    public Connection(IPEndPoint server) => _socket.Connect(server);

    public int Descriptor => (int)_socket.SafeHandle.DangerousGetHandle();

    /// <summary>Which request is in flight.</summary>
    public int Request { get; private set; }

    /// <summary>When it was sent, in stopwatch ticks.</summary>
    public long SentAt { get; private set; }

    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_headLength, _answerLength - _headLength);

    public void Send(int request, byte[] bytes)
    {
        (_received, _answerLength) = (0, 0);
        Request = request;
        SentAt = Stopwatch.GetTimestamp();
        if (Linux.Send(Descriptor, bytes) != bytes.Length) throw new IOException("The server does not take a whole request at once.");
    }

    /// <summary>Takes in what has arrived; true when the answer is complete. Any status but 200 is an error.</summary>
    public bool Receive()
    {
        var count = Linux.Receive(Descriptor, _buffer.AsSpan(_received));
        if (count == 0) throw new IOException("The server closed the connection.");
        _received += count;
        if (_answerLength == 0 && !ReadHead()) return false;
        if (_received < _answerLength) return false;
        if (!_buffer.AsSpan().StartsWith("HTTP/1.1 200 "u8))
            throw new IOException($"Refused: {Encoding.UTF8.GetString(_buffer.AsSpan(0, _answerLength))}");
        return true;
    }

    public void Dispose() => _socket.Dispose();

    private bool ReadHead()
    {
        var received = _buffer.AsSpan(0, _received);
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        var lengthAt = received.IndexOf("Content-Length: "u8) + "Content-Length: "u8.Length;
        if (!Utf8Parser.TryParse(received[lengthAt..], out int bodyLength, out _)) throw new IOException("The answer has no length.");
        _headLength = end + 4;
        _answerLength = _headLength + bodyLength;
        return true;
    }
}
