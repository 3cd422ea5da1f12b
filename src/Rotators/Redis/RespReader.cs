using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rekey.Rotators.Redis;

/// <summary>
/// Reads replies from a server that may be hostile: what one reply takes of memory, and how deep it nests, is bounded.
/// <see cref="InvalidDataException"/> when it breaks the protocol or a bound, <see cref="EndOfStreamException"/> when it closes.
/// </summary>
internal sealed class RespReader(Stream stream) : IDisposable
{
    /// <summary>Most bytes of one reply, marks included. A cluster of a thousand nodes describes itself in 0.25 MB.</summary>
    public const int ReplyBytesMax = 8 * 1024 * 1024;

    /// <summary>Most values in one reply, those in nested arrays included.</summary>
    public const int ValuesMax = 100_000;

    /// <summary>Arrays within arrays. ACL GETUSER needs three.</summary>
    public const int DepthMax = 8;

    /// <summary>Bytes of a line: a status, an error, a length.</summary>
    private const int LineBytesMax = 64 * 1024;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private int _bytesLeft;
    private int _valuesLeft;

    public async Task<RespReply> ReadAsync(CancellationToken cancellationToken)
    {
        _bytesLeft = ReplyBytesMax;
        _valuesLeft = ValuesMax;
        return await ReadValueAsync(depth: 0, cancellationToken);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_buffer);

    private async Task<RespReply> ReadValueAsync(int depth, CancellationToken cancellationToken)
    {
        if (--_valuesLeft < 0) throw new InvalidDataException("The reply has too many values.");
        var line = await ReadLineAsync(cancellationToken);
        if (line.Length == 0) throw Broken();
        var content = line[1..];
        switch (line[0])
        {
            case (byte)'+': return new RespReply { Kind = RespKind.Text, Bytes = content };
            case (byte)'-': return new RespReply { Kind = RespKind.Error, Bytes = content };
            case (byte)':': return new RespReply { Kind = RespKind.Number, Bytes = content };
            case (byte)'$':
                var length = LengthOf(content, ReplyBytesMax);
                return length < 0
                    ? new RespReply { Kind = RespKind.Null }
                    : new RespReply { Kind = RespKind.Text, Bytes = await ReadBulkAsync(length, cancellationToken) };
            case (byte)'*':
                var count = LengthOf(content, ValuesMax);
                if (count < 0) return new RespReply { Kind = RespKind.Null };
                if (depth == DepthMax) throw new InvalidDataException("The reply nests too deep.");
                return await ReadArrayAsync(count, depth, cancellationToken);
            default: throw Broken();
        }
    }

    private async Task<RespReply> ReadArrayAsync(int count, int depth, CancellationToken cancellationToken)
    {
        // Grows as values arrive: the announced count is only a claim.
        var items = new List<RespReply>();
        for (var i = 0; i < count; i++) items.Add(await ReadValueAsync(depth + 1, cancellationToken));
        return new RespReply { Kind = RespKind.Array, Items = items };
    }

    private async Task<byte[]> ReadBulkAsync(int length, CancellationToken cancellationToken)
    {
        Spend(length + 2);
        using var content = new MemoryStream();
        for (var left = length + 2; left > 0;)
        {
            if (_start == _end) await FillAsync(cancellationToken);
            var taken = Math.Min(left, _end - _start);
            content.Write(_buffer, _start, taken);
            _start += taken;
            left -= taken;
        }
        var whole = content.GetBuffer().AsSpan(0, length + 2);
        var bytes = whole[..length].ToArray();
        var isEnded = whole[length..].SequenceEqual("\r\n"u8);
        CryptographicOperations.ZeroMemory(content.GetBuffer());
        return isEnded ? bytes : throw Broken();
    }

    private async Task<byte[]> ReadLineAsync(CancellationToken cancellationToken)
    {
        using var line = new MemoryStream();
        while (true)
        {
            if (_start == _end) await FillAsync(cancellationToken);
            var found = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            var taken = found < 0 ? _end - _start : found + 1;
            Spend(taken);
            if (line.Length + taken > LineBytesMax) throw new InvalidDataException("The reply has too long a line.");
            line.Write(_buffer, _start, taken);
            _start += taken;
            if (found < 0) continue;
            var whole = line.ToArray();
            return whole.AsSpan().EndsWith("\r\n"u8) ? whole[..^2] : throw Broken();
        }
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        _start = 0;
        _end = await stream.ReadAsync(_buffer, cancellationToken);
        if (_end == 0) throw new EndOfStreamException();
    }

    private void Spend(int bytes)
    {
        _bytesLeft -= bytes;
        if (_bytesLeft < 0) throw new InvalidDataException("The reply is too long.");
    }

    private static int LengthOf(byte[] content, int max)
    {
        var text = Encoding.ASCII.GetString(content);
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var length) && length >= -1
            ? length <= max ? length : throw new InvalidDataException("The reply is too long.")
            : throw Broken();
    }

    private static InvalidDataException Broken() => new("The server broke its protocol.");
}
