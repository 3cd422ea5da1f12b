using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators.MongoDb;

/// <summary>
/// Writes one BSON document behind some bytes that are left free for a header. Commands carry passwords: the buffer is pinned, so that no
/// copies stay behind, and zeroed on dispose.
/// </summary>
internal sealed class BsonWriter : IDisposable
{
    private readonly int _headerBytes;
    private byte[] _buffer = GC.AllocateArray<byte>(512, pinned: true);
    private int _length;

    public BsonWriter(int headerBytes = 0)
    {
        _headerBytes = headerBytes;
        _length = headerBytes + sizeof(int);
    }

    public BsonWriter Text(string name, string value)
    {
        Name(BsonType.Text, name);
        return Counted(Encoding.UTF8.GetBytes(value));
    }

    public BsonWriter Text(string name, Sensitive value)
    {
        Name(BsonType.Text, name);
        return Counted(value.Reveal());
    }

    public BsonWriter Int32(string name, int value)
    {
        Name(BsonType.Int32, name);
        BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), value);
        return this;
    }

    public BsonWriter Boolean(string name, bool value)
    {
        Name(BsonType.Boolean, name);
        Take(1)[0] = value ? (byte)1 : (byte)0;
        return this;
    }

    /// <summary>Binary of the generic subtype.</summary>
    public BsonWriter Binary(string name, ReadOnlySpan<byte> value)
    {
        Name(BsonType.Binary, name);
        BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), value.Length);
        Take(1)[0] = 0;
        value.CopyTo(Take(value.Length));
        return this;
    }

    /// <summary>A document that is there already, byte for byte.</summary>
    public BsonWriter Document(string name, BsonDocument value)
    {
        Name(BsonType.Document, name);
        value.Bytes.Span.CopyTo(Take(value.Bytes.Length));
        return this;
    }

    public BsonWriter Document(string name, Action<BsonWriter> members)
    {
        Name(BsonType.Document, name);
        return Nested(() => members(this));
    }

    /// <summary>An array; <paramref name="item"/> writes one under the name it is given.</summary>
    public BsonWriter Array<T>(string name, IEnumerable<T> items, Action<BsonWriter, string, T> item)
    {
        Name(BsonType.Array, name);
        return Nested(() =>
        {
            foreach (var (index, value) in items.Index()) item(this, index.ToString(CultureInfo.InvariantCulture), value);
        });
    }

    public BsonWriter Texts(string name, IEnumerable<string> items) =>
        Array(name, items, (writer, index, text) => writer.Text(index, text));

    /// <summary>Ends the document: header, still empty, and document. Nothing may be written afterwards.</summary>
    public Memory<byte> Finish()
    {
        Take(1)[0] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_headerBytes), _length - _headerBytes);
        return _buffer.AsMemory(0, _length);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_buffer);
        _length = 0;
    }

    private void Name(BsonType type, string name)
    {
        // Names end at the first NUL.
        if (name.Contains('\0')) throw new ArgumentException("A BSON name holds a NUL character.", nameof(name));
        var bytes = Encoding.UTF8.GetBytes(name);
        Take(1)[0] = (byte)type;
        bytes.CopyTo(Take(bytes.Length));
        Take(1)[0] = 0;
    }

    private BsonWriter Counted(ReadOnlySpan<byte> text)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), text.Length + 1);
        text.CopyTo(Take(text.Length));
        Take(1)[0] = 0;
        return this;
    }

    private BsonWriter Nested(Action members)
    {
        var start = _length;
        Take(sizeof(int));
        members();
        Take(1)[0] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(start), _length - start);
        return this;
    }

    private Span<byte> Take(int count)
    {
        if (_length + count > _buffer.Length)
        {
            var larger = GC.AllocateArray<byte>(Math.Max(2 * _buffer.Length, _length + count), pinned: true);
            _buffer.AsSpan(0, _length).CopyTo(larger);
            CryptographicOperations.ZeroMemory(_buffer);
            _buffer = larger;
        }
        _length += count;
        return _buffer.AsSpan(_length - count, count);
    }
}
