using System.Data.Common;

namespace Rekey.Server.Storage;

/// <summary>
/// SQL on one connection, inside one transaction or snapshot. Parameters are written <c>@name</c> in the text and given as pairs.
/// Values are string, long, byte[], bool (stored as 0 or 1), DateTimeOffset (stored as Unix milliseconds) or null.
/// </summary>
public sealed class Session(DbConnection connection)
{
    /// <summary>The transaction to attach to each command; null where the connection itself is in one.</summary>
    public DbTransaction? Transaction { get; set; }

    /// <summary>Runs a statement and returns the number of rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Prepare(sql, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>Runs a query and maps each row.</summary>
    public List<T> Query<T>(string sql, Func<Row, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Prepare(sql, parameters);
        using var reader = command.ExecuteReader();
        var row = new Row(reader);
        var rows = new List<T>();
        while (reader.Read()) rows.Add(map(row));
        return rows;
    }

    /// <summary>Runs a query and maps its first row, or returns the default when there is none.</summary>
    public T? Find<T>(string sql, Func<Row, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Prepare(sql, parameters);
        using var reader = command.ExecuteReader();
        return reader.Read() ? map(new Row(reader)) : default;
    }

    private DbCommand Prepare(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = Transaction;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value switch
            {
                null => DBNull.Value,
                bool flag => flag ? 1L : 0L,
                int number => (long)number,
                DateTimeOffset time => time.ToUnixTimeMilliseconds(),
                _ => value,
            };
            command.Parameters.Add(parameter);
        }
        return command;
    }
}

/// <summary>The current row of a query, by column position.</summary>
public readonly struct Row(DbDataReader reader)
{
    public bool IsNull(int column) => reader.IsDBNull(column);

    public string Text(int column) => reader.GetString(column);

    public string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public long Number(int column) => reader.GetInt64(column);

    public long? NumberOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    public bool Flag(int column) => reader.GetInt64(column) != 0;

    public bool? FlagOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column) != 0;

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    public DateTimeOffset? TimeOrNull(int column) => reader.IsDBNull(column) ? null : Time(column);

    public byte[] Bytes(int column) => (byte[])reader.GetValue(column);

    public byte[]? BytesOrNull(int column) => reader.IsDBNull(column) ? null : Bytes(column);
}
