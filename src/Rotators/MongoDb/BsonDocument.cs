using System.Buffers.Binary;
using System.Text;

namespace Rekey.Rotators.MongoDb;

/// <summary>
/// A BSON document or array as it came over the wire. Values are found by walking it; nothing is unpacked that nobody asks for. What is
/// malformed throws <see cref="InvalidDataException"/>, whose text quotes nothing of it.
/// </summary>
internal readonly struct BsonDocument
{
    /// <summary>Length and terminator.</summary>
    private const int BytesMin = 5;

    private readonly ReadOnlyMemory<byte> _bytes;

    public BsonDocument(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < BytesMin || BinaryPrimitives.ReadInt32LittleEndian(bytes.Span) != bytes.Length || bytes.Span[^1] != 0)
            throw new InvalidDataException("A BSON document has another length than it says.");
        _bytes = bytes;
    }

    /// <summary>The document with its length and its end: what another document may hold as it is.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    public bool IsEmpty => _bytes.Length <= BytesMin;

    /// <summary>The first document of some bytes that may go on behind it.</summary>
    public static BsonDocument FirstOf(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < BytesMin) throw new InvalidDataException("A BSON document is cut off.");
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
        if (length < BytesMin || length > bytes.Length) throw new InvalidDataException("A BSON document is cut off.");
        return new BsonDocument(bytes[..length]);
    }

    public IEnumerable<BsonElement> Elements()
    {
        for (var rest = _bytes[sizeof(int)..^1]; !rest.IsEmpty;)
        {
            var end = rest.Span[1..].IndexOf((byte)0);
            if (end < 0) throw new InvalidDataException("A BSON name does not end.");
            var type = (BsonType)rest.Span[0];
            var name = Encoding.UTF8.GetString(rest.Span.Slice(1, end));
            rest = rest[(end + 2)..];
            var length = LengthOf(type, rest.Span);
            if (length < 0 || length > rest.Length) throw new InvalidDataException("A BSON value is cut off.");
            yield return new BsonElement(name, type, rest[..length]);
            rest = rest[length..];
        }
    }

    /// <summary>The first element of the name, or null.</summary>
    public BsonElement? Find(string name)
    {
        foreach (var element in Elements())
            if (element.Name == name) return element;
        return null;
    }

    /// <summary>Null when there is none, or it is no text.</summary>
    public string? FindText(string name) => Find(name)?.AsText();

    /// <inheritdoc cref="FindText"/>
    public long? FindNumber(string name) => Find(name)?.AsNumber();

    /// <summary>True also for a number other than 0: servers answer either.</summary>
    public bool FindBoolean(string name) => Find(name)?.AsBoolean() ?? false;

    /// <summary>A document or an array; null when there is none.</summary>
    public BsonDocument? FindDocument(string name) => Find(name)?.AsDocument();

    /// <summary>The texts of an array; null when there is no array of that name.</summary>
    public IReadOnlyList<string>? FindTexts(string name) =>
        FindDocument(name) is { } array ? [.. array.Elements().Select(element => element.AsText()).OfType<string>()] : null;

    /// <summary>The documents of an array; empty when there is no array of that name.</summary>
    public IReadOnlyList<BsonDocument> FindDocuments(string name) =>
        FindDocument(name) is { } array ? [.. array.Elements().Select(element => element.AsDocument()).OfType<BsonDocument>()] : [];

    private static int LengthOf(BsonType type, ReadOnlySpan<byte> value) => type switch
    {
        BsonType.Undefined or BsonType.Null or BsonType.MinKey or BsonType.MaxKey => 0,
        BsonType.Boolean => 1,
        BsonType.Int32 => 4,
        BsonType.Double or BsonType.Date or BsonType.Timestamp or BsonType.Int64 => 8,
        BsonType.ObjectId => 12,
        BsonType.Decimal128 => 16,
        BsonType.Text or BsonType.JavaScript or BsonType.Symbol => Counted(value, more: sizeof(int), min: 1),
        BsonType.Binary => Counted(value, more: sizeof(int) + 1, min: 0),
        BsonType.Document or BsonType.Array or BsonType.ScopedJavaScript => Counted(value, more: 0, min: BytesMin),
        BsonType.Pointer => Counted(value, more: sizeof(int) + 12, min: 1),
        BsonType.Pattern => TwoTexts(value),
        _ => -1,
    };

    /// <summary>A value that starts with its length.</summary>
    private static int Counted(ReadOnlySpan<byte> value, int more, int min)
    {
        if (value.Length < sizeof(int)) return -1;
        var count = BinaryPrimitives.ReadInt32LittleEndian(value);
        return count >= min && count <= value.Length ? count + more : -1;
    }

    private static int TwoTexts(ReadOnlySpan<byte> value)
    {
        var first = value.IndexOf((byte)0);
        if (first < 0) return -1;
        var second = value[(first + 1)..].IndexOf((byte)0);
        return second < 0 ? -1 : first + second + 2;
    }
}
