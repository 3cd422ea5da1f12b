using System.Data;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Rekey.Server.Storage;

/// <summary>
/// Runs writes on a fixed number of threads, each write in a SERIALIZABLE transaction of its own, and repeats those that met a conflict or
/// lost their connection before the commit was sent. A commit whose answer is lost is reported as failed and not repeated: it may have
/// happened, and the work need not stand being done twice.
/// </summary>
internal sealed class PostgresWriters : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly CommitBell _bell;
    private readonly ILogger _logger;
    private readonly WriteQueue _waiting = new();
    private readonly Task[] _loops;

    public PostgresWriters(NpgsqlDataSource source, CommitBell bell, ILogger logger)
    {
        _source = source;
        _bell = bell;
        _logger = logger;
        _loops = new Task[Limits.PostgresWriters];
        for (var i = 0; i < _loops.Length; i++) _loops[i] = WriteQueue.StartThread(Loop);
    }

    public Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken) =>
        _waiting.WriteAsync(work, cancellationToken);

    /// <summary>Commits what already waits, then ends the threads.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Close();
        await Task.WhenAll(_loops).ConfigureAwait(false);
    }

    private void Loop()
    {
        while (_waiting.WaitForWrite())
            while (_waiting.TryTake(out var write)) write.Complete(RunUntilCommitted(write));
    }

    private StorageException? RunUntilCommitted(PendingWrite write)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var (failure, wasCommitting) = TryRun(write);
            if (failure is null) return null;
            if (!MayRepeat(failure, wasCommitting, attempt)) return new StorageException("The write could not be committed.", failure);
            if (attempt == Limits.PostgresWriteAttempts || TimeProvider.System.GetElapsedTime(started) > Limits.PostgresRetryTime)
                return new StorageException($"The write met conflicts or lost its connection in {attempt} attempts.", failure);
            Log.WriteRepeated(_logger, attempt, (failure as NpgsqlException)?.SqlState);
            Pause(attempt);
        }
    }

    /// <summary>One transaction. No failure: it ended as it should, by commit, or by rollback because the work refused.</summary>
    private (Exception? Failure, bool WasCommitting) TryRun(PendingWrite write)
    {
        var isCommitting = false;
        try
        {
            using var connection = _source.OpenConnection();
            using var transaction = connection.BeginTransaction(IsolationLevel.Serializable);
            var session = new Session(connection);
            write.Run(session);
            if (write.Failure is NpgsqlException) return (write.Failure, false);
            if (write.Failure is not null) return (null, false);
            isCommitting = true;
            transaction.Commit();
            _bell.Tell(session.TakeNews());
            if (session.TakeRing()) _bell.Ring();
            return (null, false);
        }
        catch (Exception failure)
        {
            return (failure, isCommitting);
        }
    }

    private static bool MayRepeat(Exception failure, bool wasCommitting, int attempt) =>
        failure is NpgsqlException known && known.SqlState switch
        {
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => true,
            // It may stand for a conflict: another transaction inserted the row that the work looked for in vain. The next run sees it.
            PostgresErrorCodes.UniqueViolation => attempt < Limits.PostgresUniqueAttempts,
            _ => known.IsTransient && !wasCommitting,
        };

    // The pause is about the real server's load, so it passes in real time whatever clock the product is given.
    private static void Pause(int attempt)
    {
        var ceiling = Math.Min(1 << Math.Min(attempt, 10), Limits.PostgresRetryPauseMax);
        var pause = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(ceiling + 1));
        Task.Delay(pause, TimeProvider.System, CancellationToken.None).GetAwaiter().GetResult();
    }
}
