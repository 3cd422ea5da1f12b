namespace Rekey.Aws.SigV4;

/// <summary>
/// The canonical request: what is hashed to be signed. Made in order by the constructor, then <see cref="AddHeader(ReadOnlySpan{char},
/// ReadOnlySpan{char})"/> for each signed header in ascending order, then <see cref="Complete"/>.
/// Source: AWS IAM User Guide, "Create a signed AWS API request".
/// </summary>
public ref struct CanonicalRequest : IDisposable
{
    private ByteWriter _bytes;

    /// <param name="scratch">Where the text begins; it moves to pooled memory when this is too short.</param>
    /// <param name="method">The HTTP method in upper case.</param>
    /// <param name="path">The path as sent, escapes included.</param>
    /// <param name="query">The query as sent, without the question mark.</param>
    /// <param name="style">Whether the path is normalised.</param>
    /// <param name="unsigned">Query parameters that stay out.</param>
    public CanonicalRequest(
        Span<byte> scratch,
        scoped ReadOnlySpan<char> method,
        scoped ReadOnlySpan<char> path,
        scoped ReadOnlySpan<char> query,
        PathStyle style,
        UnsignedParameters unsigned)
    {
        _bytes = new ByteWriter(scratch);
        _bytes.AppendUtf8(method);
        _bytes.Append((byte)'\n');
        CanonicalPath.Append(ref _bytes, path, style);
        _bytes.Append((byte)'\n');
        CanonicalQuery.Append(ref _bytes, query, unsigned);
        _bytes.Append((byte)'\n');
    }

    /// <summary>What has been written so far. It is invalid after the next call.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _bytes.Written;

    /// <summary>Adds a header that was sent once. The name is in lower case.</summary>
    public void AddHeader(scoped ReadOnlySpan<char> name, scoped ReadOnlySpan<char> value)
    {
        _bytes.AppendUtf8(name);
        _bytes.Append((byte)':');
        CanonicalHeader.AppendValue(ref _bytes, value);
        _bytes.Append((byte)'\n');
    }

    /// <summary>Adds a header that was sent several times.</summary>
    public void AddHeader(scoped ReadOnlySpan<char> name, scoped ReadOnlySpan<string?> values)
    {
        _bytes.AppendUtf8(name);
        for (var i = 0; i < values.Length; i++)
        {
            _bytes.Append(i == 0 ? (byte)':' : (byte)',');
            CanonicalHeader.AppendValue(ref _bytes, values[i]);
        }

        _bytes.Append((byte)'\n');
    }

    /// <param name="signedHeaders">The names of the headers added, joined by semicolons.</param>
    /// <param name="payloadSha256">The 32 bytes of the hash of the body.</param>
    public void Complete(scoped ReadOnlySpan<char> signedHeaders, scoped ReadOnlySpan<byte> payloadSha256)
    {
        _bytes.Append((byte)'\n');
        _bytes.AppendUtf8(signedHeaders);
        _bytes.Append((byte)'\n');
        _bytes.AppendHex(payloadSha256);
    }

    public void Dispose() => _bytes.Dispose();
}
