using System.Buffers.Binary;
using System.Text;

namespace Rekey.Rotators.MongoDb;

/// <summary>One named value of a <see cref="BsonDocument"/>. Not a record: it must not print its value.</summary>
/// <param name="name">In an array the index as text.</param>
/// <param name="value">The bytes behind the name.</param>
internal sealed class BsonElement(string name, BsonType type, ReadOnlyMemory<byte> value)
{
    public string Name => name;

    public BsonType Type => type;

    /// <summary>Null when it is no text.</summary>
    public string? AsText() => type == BsonType.Text ? Encoding.UTF8.GetString(value.Span[sizeof(int)..^1]) : null;

    /// <summary>A whole number; null when it is none.</summary>
    public long? AsNumber() => type switch
    {
        BsonType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(value.Span),
        BsonType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(value.Span),
        BsonType.Double when BinaryPrimitives.ReadDoubleLittleEndian(value.Span) is > -1e15 and < 1e15 and var number => (long)number,
        _ => null,
    };

    public bool AsBoolean() => type == BsonType.Boolean ? value.Span[0] != 0 : AsNumber() is { } number && number != 0;

    /// <summary>Seconds in the upper half, a counter in the lower: later ones are greater. Null when it is no timestamp.</summary>
    public ulong? AsTimestamp() => type == BsonType.Timestamp ? BinaryPrimitives.ReadUInt64LittleEndian(value.Span) : null;

    /// <summary>Null when it is no binary.</summary>
    public ReadOnlyMemory<byte>? AsBinary() => type == BsonType.Binary ? value[(sizeof(int) + 1)..] : null;

    /// <summary>A document or an array; null when it is neither.</summary>
    public BsonDocument? AsDocument() => type is BsonType.Document or BsonType.Array ? new BsonDocument(value) : null;
}
