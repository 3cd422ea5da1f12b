using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Rekey.Server.Protocols;

/// <summary>
/// The bytes of one answer or record, with a JSON writer on top. Rented from the spares of a thread; what was written is zeroed before the
/// memory is used again, since answers hold secrets.
/// </summary>
internal sealed class ResponseBuffer : IBufferWriter<byte>, IDisposable
{
    private const int InitialBytes = 1024;
    private const int KeptBytesMax = 64 * 1024;
    private const int SparesMax = 4;

    // Like AWS, only what JSON demands is escaped; an answer is never put into HTML by us.
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static Stack<ResponseBuffer>? t_spares;

    private byte[] _bytes = new byte[InitialBytes];
    private int _written;
    private readonly Utf8JsonWriter _json;

    private ResponseBuffer() => _json = new Utf8JsonWriter(this, s_options);

    /// <summary>A writer at the start of an empty document.</summary>
    public Utf8JsonWriter Json
    {
        get
        {
            _json.Reset(this);
            return _json;
        }
    }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _written);

    public static ResponseBuffer Rent() => t_spares is { Count: > 0 } spares ? spares.Pop() : new ResponseBuffer();

    /// <summary>Gives the buffer back to the spares of this thread.</summary>
    public void Dispose()
    {
        Clear();
        t_spares ??= new Stack<ResponseBuffer>(SparesMax);
        if (_bytes.Length <= KeptBytesMax && t_spares.Count < SparesMax) t_spares.Push(this);
    }

    /// <summary>Drops what was written, so that an error can take its place.</summary>
    public void Clear()
    {
        CryptographicOperations.ZeroMemory(_bytes.AsSpan(0, _written));
        _written = 0;
    }

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_written);
    }

    private void Reserve(int sizeHint)
    {
        var needed = _written + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length) return;
        var larger = new byte[Math.Max(needed, _bytes.Length * 2)];
        Written.Span.CopyTo(larger);
        CryptographicOperations.ZeroMemory(_bytes);
        _bytes = larger;
    }
}
