using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Rekey.Aws.SigV4;

/// <summary>
/// Bytes that grow: first into the caller's scratch span, then into pooled arrays. Dispose zeroes what was written, because session tokens
/// and secret keys pass through here.
/// </summary>
internal ref struct ByteWriter(Span<byte> scratch)
{
    private Span<byte> _span = scratch;
    private byte[]? _rented = null;
    private int _length = 0;

    public readonly int Length => _length;

    public readonly ReadOnlySpan<byte> Written => _span[.._length];

    public void Append(byte value)
    {
        if (_length == _span.Length) Grow(1);
        _span[_length++] = value;
    }

    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _span.Length - _length) Grow(bytes.Length);
        bytes.CopyTo(_span[_length..]);
        _length += bytes.Length;
    }

    public void AppendUtf8(scoped ReadOnlySpan<char> text)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (bytesMax > _span.Length - _length) Grow(bytesMax);
        _length += Encoding.UTF8.GetBytes(text, _span[_length..]);
    }

    public void AppendHex(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length * 2 > _span.Length - _length) Grow(bytes.Length * 2);
        Convert.TryToHexStringLower(bytes, _span[_length..], out var written);
        _length += written;
    }

    public void Truncate(int length) => _length = length;

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_span[.._length]);
        _length = 0;
        if (_rented is null) return;
        ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
        _span = default;
    }

    private void Grow(int byteCount)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_span.Length * 2, _length + byteCount));
        _span[.._length].CopyTo(larger);
        CryptographicOperations.ZeroMemory(_span[.._length]);
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
        _rented = larger;
        _span = larger;
    }
}
