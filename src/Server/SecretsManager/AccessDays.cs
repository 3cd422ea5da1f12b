using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rekey.Server.Schedules;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// LastAccessedDate, written beside the reads and not by them: a read notes the day in memory, at most once per version and day, and this
/// loop writes what was noted. A crash may lose the notes of its last moments; the next read of the day notes them again.
/// </summary>
internal sealed class AccessDays(IDatabase database, TimeProvider time, ILogger<AccessDays> logger) : BackgroundService
{
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(1);

    /// <summary>Guards the notes. Taken once for a version and day, so never on the way of a repeated read.</summary>
    private readonly Lock _lock = new();

    private readonly Dictionary<(string Arn, string VersionId), DateTimeOffset> _pending = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly AlarmClock _alarm = new(time);

    /// <summary>Notes that a version was read on a day (00:00 UTC). False when there is no room: note the next read.</summary>
    public bool TryNote(string arn, string versionId, DateTimeOffset day)
    {
        lock (_lock)
        {
            if (_pending.Count >= Limits.AccessesPendingMax) return false;
            _pending[(arn, versionId)] = day;
        }
        _alarm.Wake();
        return true;
    }

    /// <summary>
    /// Writes what has been noted, so that who asks for the day sees the reads before it. A store that does not take it is logged and not
    /// reported: the caller only wants to read.
    /// </summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) =>
        CountPending() == 0 ? ValueTask.CompletedTask : new ValueTask(TryWriteAsync(cancellationToken));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var isDone = await TryWriteAsync(stoppingToken);
            await _alarm.SleepAsync(isDone ? Timeout.InfiniteTimeSpan : FaultPause, stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryWriteAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _writing.Dispose();
        base.Dispose();
    }

    private async Task<bool> TryWriteAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            for (var left = CountPending(); left > 0; left -= Limits.AccessesPerWrite) await WriteBatchAsync(cancellationToken);
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            logger.AccessDaysFailed(failure, CountPending());
            return false;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task WriteBatchAsync(CancellationToken cancellationToken)
    {
        List<KeyValuePair<(string Arn, string VersionId), DateTimeOffset>> batch;
        lock (_lock) batch = [.. _pending.Take(Limits.AccessesPerWrite)];
        await database.WriteAsync(
            session =>
            {
                foreach (var ((arn, versionId), day) in batch) SecretStore.MarkAccessed(session, arn, versionId, day);
                return batch.Count;
            },
            cancellationToken);
        lock (_lock)
        {
            foreach (var (version, day) in batch)
            {
                // A later day noted meanwhile stays for the next batch.
                if (_pending[version] == day) _pending.Remove(version);
            }
        }
    }

    private int CountPending()
    {
        lock (_lock) return _pending.Count;
    }
}
