using System.Data.Common;

namespace Rekey.Server.Storage;

/// <summary>The current row of a query, by column position.</summary>
public readonly struct Row
{
    private readonly DbDataReader _reader;

    internal Row(DbDataReader reader) => _reader = reader;

    public bool IsNull(int column) => _reader.IsDBNull(column);

    public string Text(int column) => _reader.GetString(column);

    public string? TextOrNull(int column) => _reader.IsDBNull(column) ? null : _reader.GetString(column);

    public long Number(int column) => _reader.GetInt64(column);

    public long? NumberOrNull(int column) => _reader.IsDBNull(column) ? null : _reader.GetInt64(column);

    public bool Flag(int column) => _reader.GetInt64(column) != 0;

    public bool? FlagOrNull(int column) => _reader.IsDBNull(column) ? null : _reader.GetInt64(column) != 0;

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(_reader.GetInt64(column));

    public DateTimeOffset? TimeOrNull(int column) => _reader.IsDBNull(column) ? null : Time(column);

    public byte[] Bytes(int column) => _reader.GetFieldValue<byte[]>(column);

    public byte[]? BytesOrNull(int column) => _reader.IsDBNull(column) ? null : Bytes(column);
}
