using System.Collections.Concurrent;

namespace Rekey.Server.Storage;

/// <summary>Reading connections, kept open with their prepared statements. As many as there are reads at one moment.</summary>
internal sealed class SqliteReaders(SqliteConnector connector) : IDisposable
{
    private readonly ConcurrentStack<SqliteSession> _idle = new();
    private volatile bool _disposed;

    /// <summary>Runs the work on one snapshot.</summary>
    public T Read<T>(Func<Session, T> work)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_idle.TryPop(out var reader)) reader = connector.OpenReader();
        try
        {
            reader.Session.StatementFailure = null;
            reader.Session.Execute("BEGIN");
            return work(reader.Session);
        }
        finally
        {
            GiveBack(reader);
        }
    }

    // A reader whose snapshot cannot be ended would hold back the WAL for good: it is closed instead.
    private void GiveBack(SqliteSession reader)
    {
        try
        {
            if (reader.IsInTransaction) reader.Session.Execute("COMMIT");
        }
        catch
        {
            reader.Dispose();
            throw;
        }
        if (_disposed || _idle.Count >= Limits.ReadConnectionsKept) reader.Dispose();
        else _idle.Push(reader);
        if (_disposed) CloseIdle();
    }

    public void Dispose()
    {
        _disposed = true;
        CloseIdle();
    }

    private void CloseIdle()
    {
        while (_idle.TryPop(out var reader)) reader.Dispose();
    }
}
