namespace Rekey.Server.Storage;

/// <summary>
/// The store's few verbs. One SQL text serves SQLite and PostgreSQL (see Migrations/ for the shared subset).
/// Work functions are synchronous, touch nothing but their session, and may run more than once: a serialization conflict repeats them.
/// </summary>
public interface IDatabase : IAsyncDisposable
{
    /// <summary>True when no other process can write: what was read stays valid until this process changes it.</summary>
    bool IsExclusive { get; }

    /// <summary>The stamps by which caches know whether what they hold is still true; null unless <see cref="IsExclusive"/>.</summary>
    WriteStamps? Stamps { get; }

    /// <summary>Rings when a write has left work behind for a loop: see <see cref="Session.RingAfterCommit"/>.</summary>
    CommitBell Bell { get; }

    /// <summary>Runs queries on one consistent snapshot.</summary>
    T Read<T>(Func<Session, T> work);

    /// <summary>
    /// Runs <paramref name="work"/> in a serializable transaction. The task completes only after the commit is durable; an exception from
    /// the work rolls back everything it did and is passed on. Cancellation is honoured until the work starts, never after.
    /// </summary>
    Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken);
}
