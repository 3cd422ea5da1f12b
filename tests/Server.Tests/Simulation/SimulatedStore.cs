using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Simulation;

/// <summary>
/// The product's schema and SQL on SQLite in memory: one connection, every write a transaction that is over when it returns.
/// </summary>
internal sealed class SimulatedStore : IDatabase
{
    private readonly SqliteSession _session;

    public SimulatedStore(bool isExclusive, TimeProvider time)
    {
        SqliteLibrary.Ensure();
        var connection = new SqliteConnection("Data Source=:memory:;Pooling=False");
        connection.Open();
        _session = new SqliteSession(connection);
        new Migrator(_session.Session, SqlDialect.Sqlite, time, NullLogger.Instance).Run();
        IsExclusive = isExclusive;
    }

    /// <summary>True: one node at a time owns the store, as with SQLite. False: several share it, as with PostgreSQL.</summary>
    public bool IsExclusive { get; }

    public WriteStamps? Stamps => null;

    public CommitBell Bell { get; } = new();

    /// <summary>Grows with every commit.</summary>
    public long Commits { get; private set; }

    public T Read<T>(Func<Session, T> work) => work(_session.Session);

    public Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken) => Task.FromResult(Write(work));

    public T Write<T>(Func<Session, T> work)
    {
        var session = _session.Session;
        session.BeginWork();
        session.Execute("BEGIN IMMEDIATE");
        try
        {
            var result = work(session);
            session.Execute("COMMIT");
            Commits++;
            return result;
        }
        catch
        {
            if (_session.IsInTransaction) session.Execute("ROLLBACK");
            throw;
        }
        finally
        {
            session.EndTouches();
            session.TakeRing();
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Dispose() => _session.Dispose();
}
