using System.Security.Cryptography;

namespace Rekey.Aws.SigV4;

/// <summary>The text under the signature: algorithm, time, credential scope and hash of the canonical request, one per line.</summary>
public ref struct StringToSign : IDisposable
{
    private ByteWriter _bytes;

    /// <param name="scratch">Where the text is put; it moves to pooled memory when this is too short.</param>
    /// <param name="date">The time as it was sent, <c>yyyyMMddTHHmmssZ</c>.</param>
    /// <param name="scope"><c>date/region/service/aws4_request</c>.</param>
    /// <param name="canonicalRequest">The complete canonical request.</param>
    public StringToSign(
        Span<byte> scratch, scoped ReadOnlySpan<char> date, scoped ReadOnlySpan<char> scope, scoped ReadOnlySpan<byte> canonicalRequest)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(canonicalRequest, hash);
        _bytes = new ByteWriter(scratch);
        _bytes.Append("AWS4-HMAC-SHA256\n"u8);
        _bytes.AppendUtf8(date);
        _bytes.Append((byte)'\n');
        _bytes.AppendUtf8(scope);
        _bytes.Append((byte)'\n');
        _bytes.AppendHex(hash);
    }

    public readonly ReadOnlySpan<byte> Bytes => _bytes.Written;

    public void Dispose() => _bytes.Dispose();
}
