using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Rekey.Server.Protocols;

/// <summary>
/// The whole body of a request, bounded by <see cref="Limits.RequestBodyBytesMax"/>. A body that arrived in one piece stays where it is;
/// any other is gathered in a pooled array, which is zeroed before it goes back.
/// </summary>
internal readonly struct RequestBody
{
    private const int FirstBytes = 16 * 1024;

    private readonly PipeReader? _reader;
    private readonly ReadOnlySequence<byte> _piece;
    private readonly byte[]? _gathered;
    private readonly int _length;

    private RequestBody(PipeReader reader, ReadOnlySequence<byte> piece)
    {
        _reader = reader;
        _piece = piece;
    }

    private RequestBody(byte[] gathered, int length)
    {
        _gathered = gathered;
        _length = length;
    }

    public ReadOnlySpan<byte> Span => _gathered is null ? _piece.FirstSpan : _gathered.AsSpan(0, _length);

    /// <summary>Reads the body; throws RequestEntityTooLargeException after taking in enough for its sender to see the answer.</summary>
    public static async ValueTask<RequestBody> ReadAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var reader = http.Request.BodyReader;
        if (http.Request.ContentLength > Limits.RequestBodyBytesMax)
        {
            await DropAsync(http, reader, cancellationToken);
            throw FrameworkErrors.BodyTooLarge();
        }
        var result = await reader.ReadAsync(cancellationToken);
        if (result.IsCompleted && result.Buffer.IsSingleSegment && result.Buffer.Length <= Limits.RequestBodyBytesMax)
            return new RequestBody(reader, result.Buffer);
        return await GatherAsync(http, reader, result, cancellationToken);
    }

    /// <summary>Gives the memory back: the span is not valid afterwards.</summary>
    public void Release()
    {
        _reader?.AdvanceTo(_piece.End);
        if (_gathered is null) return;
        CryptographicOperations.ZeroMemory(_gathered.AsSpan(0, _length));
        ArrayPool<byte>.Shared.Return(_gathered);
    }

    private static async ValueTask<RequestBody> GatherAsync(
        HttpContext http, PipeReader reader, ReadResult result, CancellationToken cancellationToken)
    {
        var gathered = ArrayPool<byte>.Shared.Rent((int)(http.Request.ContentLength ?? FirstBytes));
        var length = 0;
        while (true)
        {
            if (length + result.Buffer.Length > Limits.RequestBodyBytesMax)
            {
                reader.AdvanceTo(result.Buffer.End);
                new RequestBody(gathered, length).Release();
                await DropAsync(http, reader, cancellationToken);
                throw FrameworkErrors.BodyTooLarge();
            }
            foreach (var piece in result.Buffer) length = Append(ref gathered, length, piece.Span);
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return new RequestBody(gathered, length);
            try
            {
                result = await reader.ReadAsync(cancellationToken);
            }
            catch
            {
                new RequestBody(gathered, length).Release();
                throw;
            }
        }
    }

    private static int Append(ref byte[] gathered, int length, ReadOnlySpan<byte> piece)
    {
        if (length + piece.Length > gathered.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length + piece.Length, gathered.Length * 2));
            gathered.AsSpan(0, length).CopyTo(larger);
            new RequestBody(gathered, length).Release();
            gathered = larger;
        }
        piece.CopyTo(gathered.AsSpan(length));
        return length + piece.Length;
    }

    /// <summary>Takes in and drops what a sender is still sending, within a bound, since many read the answer only afterwards.</summary>
    private static async ValueTask DropAsync(HttpContext http, PipeReader reader, CancellationToken cancellationToken)
    {
        http.Response.Headers.Connection = "close";
        if (http.Request.Headers.Expect.Count > 0) return; // it waits for our word before it sends
        for (long dropped = 0; dropped < Limits.RequestBodyDrainBytesMax;)
        {
            var result = await reader.ReadAsync(cancellationToken);
            dropped += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return;
        }
    }
}
