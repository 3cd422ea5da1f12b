using System.Data.Common;

namespace Rekey.Server.Storage;

/// <summary>
/// SQL on one connection, inside one transaction or snapshot. Parameters are written <c>@name</c> in the text and given as pairs,
/// with or without the sign.
/// Values are string, long, int, byte[], bool (stored as 0 or 1), DateTimeOffset (stored as Unix milliseconds) or null.
/// A session is valid only while the work it was given to runs.
/// </summary>
public sealed class Session
{
    private readonly DbConnection _connection;
    private readonly StatementCache? _statements;
    private readonly WriteStamps? _stamps;
    private readonly List<int> _touched = [];
    private HashSet<string>? _marks;
    private readonly List<object> _news = [];
    private int _newsKept;
    private bool _rings;

    /// <param name="connection">Open; stays the caller's.</param>
    /// <param name="statements">Keeps this connection's prepared statements; null where the driver does.</param>
    /// <param name="stamps">Told of every key that is touched; null where nothing may be cached.</param>
    internal Session(DbConnection connection, StatementCache? statements = null, WriteStamps? stamps = null)
    {
        _connection = connection;
        _statements = statements;
        _stamps = stamps;
    }

    /// <summary>Makes caches forget what they hold under a key. Stores call it with every change of what is read by that key.</summary>
    public void Touch(string key)
    {
        if (_stamps is not null) _touched.Add(_stamps.Begin(key));
    }

    /// <summary>
    /// True the first time that a mark is asked for in the work of one write: for what has to be done at most once in each. In a read,
    /// where nothing is remembered, always true.
    /// </summary>
    public bool IsFirst(string mark) => _marks is null || _marks.Add(mark);

    /// <summary>From now on the mark is not the first of this work.</summary>
    public void Mark(string mark) => _marks?.Add(mark);

    /// <summary>Rings <see cref="IDatabase.Bell"/> once the transaction is committed.</summary>
    public void RingAfterCommit() => _rings = true;

    /// <summary>Tells the listeners of <see cref="IDatabase.Bell"/> what has happened, once the transaction is committed.</summary>
    public void TellAfterCommit(object news) => _news.Add(news);

    /// <summary>The work of a write begins, for the first time or again.</summary>
    internal void BeginWork()
    {
        StatementFailure = null;
        _news.RemoveRange(_newsKept, _news.Count - _newsKept);
        if (_marks is null) _marks = new HashSet<string>(StringComparer.Ordinal);
        else _marks.Clear();
    }

    /// <summary>The work of a write has ended well: what it had to tell stays, whatever becomes of the next one.</summary>
    internal void EndWork() => _newsKept = _news.Count;

    /// <summary>What was told since the last time by works that ended well.</summary>
    internal object[] TakeNews()
    {
        var news = _news[.._newsKept].ToArray();
        _news.Clear();
        _newsKept = 0;
        return news;
    }

    /// <summary>Whether to ring the bell for what was committed since the last time.</summary>
    internal bool TakeRing()
    {
        var rings = _rings;
        _rings = false;
        return rings;
    }

    /// <summary>The transaction has ended, committed or not.</summary>
    internal void EndTouches()
    {
        foreach (var slot in _touched) _stamps!.End(slot);
        _touched.Clear();
    }

    /// <summary>The last failure of a statement, for whoever ends the transaction.</summary>
    internal DbException? StatementFailure { get; set; }

    /// <summary>Runs a statement and returns the number of rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var statement = Prepare(sql, parameters);
        try
        {
            return statement.Command.ExecuteNonQuery();
        }
        catch (DbException failure)
        {
            StatementFailure = failure;
            throw;
        }
    }

    /// <summary>Runs a query and maps each row.</summary>
    public List<T> Query<T>(string sql, Func<Row, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var statement = Prepare(sql, parameters);
        var rows = new List<T>();
        try
        {
            using var reader = statement.Command.ExecuteReader();
            var row = new Row(reader);
            while (reader.Read()) rows.Add(map(row));
            return rows;
        }
        catch (DbException failure)
        {
            StatementFailure = failure;
            throw;
        }
    }

    /// <summary>Runs a query and maps its first row, or returns the default when there is none.</summary>
    public T? Find<T>(string sql, Func<Row, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var statement = Prepare(sql, parameters);
        try
        {
            using var reader = statement.Command.ExecuteReader();
            return reader.Read() ? map(new Row(reader)) : default;
        }
        catch (DbException failure)
        {
            StatementFailure = failure;
            throw;
        }
    }

    private Statement Prepare(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = _statements?.Take(sql) ?? CreateCommand(sql);
        var known = command.Parameters;
        if (!HasSameNames(known, parameters)) known.Clear();
        var isNew = known.Count == 0;
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = isNew ? command.CreateParameter() : known[i];
            parameter.Value = ToStored(parameters[i].Value);
            if (!isNew) continue;
            parameter.ParameterName = string.Concat("@", Bare(parameters[i].Name));
            known.Add(parameter);
        }
        return new Statement(command, this);
    }

    private DbCommand CreateCommand(string sql)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Texts are constants of the stores; values travel as parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    private static bool HasSameNames(DbParameterCollection known, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (known.Count != parameters.Length) return false;
        for (var i = 0; i < parameters.Length; i++)
            if (!known[i].ParameterName.AsSpan(1).SequenceEqual(Bare(parameters[i].Name))) return false;
        return true;
    }

    private static ReadOnlySpan<char> Bare(string name) => name.StartsWith('@') ? name.AsSpan(1) : name;

    private static object ToStored(object? value) => value switch
    {
        null => DBNull.Value,
        bool flag => flag ? 1L : 0L,
        int number => (long)number,
        DateTimeOffset time => time.ToUnixTimeMilliseconds(),
        string or long or byte[] => value,
        _ => throw new ArgumentException($"The store does not take values of type {value.GetType().Name}.", nameof(value)),
    };

    /// <summary>A command in use. At the end of its statement it goes back to the cache, if there is one and it did not fail.</summary>
    private readonly struct Statement(DbCommand command, Session session) : IDisposable
    {
        public DbCommand Command => command;

        public void Dispose()
        {
            if (session._statements is { } kept && session.StatementFailure is null) kept.Return(command);
            else command.Dispose();
        }
    }
}
