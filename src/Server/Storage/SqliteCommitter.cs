using Microsoft.Extensions.Logging;

namespace Rekey.Server.Storage;

/// <summary>
/// The one writer of a SQLite database. Takes all writes that wait, runs each in a savepoint of one transaction, commits once, then answers
/// them: one fsync serves many callers, and a write that fails undoes only itself.
/// <para>
/// A failed commit fails every write of its batch and the committer goes on. That is sound with SQLite's WAL: the frames of the failed
/// transaction lie behind the last valid one, and the next transaction overwrites them before its own fsync, so no later success depends on
/// pages that an earlier fsync lost. All that stays open is whether the failed batch itself survives a crash that comes before the next
/// write, as a whole or not at all; its callers were told of a failure, which promises neither.
/// </para>
/// </summary>
internal sealed class SqliteCommitter : IAsyncDisposable
{
    private readonly SqliteSession _writer;
    private readonly CommitBell _bell;
    private readonly ILogger _logger;
    private readonly WriteQueue _waiting = new();
    private readonly Task _loop;

    /// <param name="writer">Owned from now on.</param>
    /// <param name="bell">Rung after commits that ask for it.</param>
    /// <param name="logger">For failed commits.</param>
    public SqliteCommitter(SqliteSession writer, CommitBell bell, ILogger logger)
    {
        _writer = writer;
        _bell = bell;
        _logger = logger;
        _loop = WriteQueue.StartThread(Loop);
    }

    public Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken) =>
        _waiting.WriteAsync(work, cancellationToken);

    /// <summary>Commits what already waits, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Close();
        await _loop.ConfigureAwait(false);
        _writer.Dispose();
    }

    private void Loop()
    {
        var batch = new List<PendingWrite>(Limits.WriteBatch);
        while (_waiting.WaitForWrite())
        {
            while (batch.Count < Limits.WriteBatch && _waiting.TryTake(out var write)) batch.Add(write);
            var failure = TryCommit(batch);
            _writer.Session.EndTouches();
            var news = _writer.Session.TakeNews();
            if (failure is null) _bell.Tell(news);
            foreach (var write in batch) write.Complete(failure);
            if (_writer.Session.TakeRing()) _bell.Ring();
            batch.Clear();
        }
    }

    private StorageException? TryCommit(List<PendingWrite> batch)
    {
        if (batch.Count == 0) return null;
        try
        {
            _writer.Session.Execute("BEGIN IMMEDIATE");
            foreach (var write in batch) RunInSavepoint(write);
            _writer.Session.Execute("COMMIT");
            return null;
        }
        catch (Exception failure)
        {
            Log.CommitFailed(_logger, batch.Count, failure);
            RollBack();
            return new StorageException("The write could not be committed.", failure);
        }
    }

    private void RunInSavepoint(PendingWrite write)
    {
        _writer.Session.Execute("SAVEPOINT one_write");
        write.Run(_writer.Session);
        if (!_writer.IsInTransaction) throw new StorageException("The transaction was ended by a failure.", write.Failure);
        if (write.Failure is not null) _writer.Session.Execute("ROLLBACK TO one_write");
        _writer.Session.Execute("RELEASE one_write");
    }

    private void RollBack()
    {
        try
        {
            if (_writer.IsInTransaction) _writer.Session.Execute("ROLLBACK");
        }
        catch (Exception failure)
        {
            Log.RollbackFailed(_logger, failure);
        }
    }
}
