using System.Buffers;

namespace Rekey.Server.Protocols;

/// <summary>A stream that only appends to a buffer, for writers that know nothing else.</summary>
internal sealed class BufferStream(IBufferWriter<byte> buffer) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> source) => buffer.Write(source);

    public override void Write(byte[] source, int offset, int count) => buffer.Write(source.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] target, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
