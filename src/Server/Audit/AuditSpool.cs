using Microsoft.Extensions.Logging;
using Rekey.Aws;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.Audit;

/// <summary>
/// Records of reads, refusals and failures: each is in the spool file before its answer leaves, and in <c>audit_blocks</c> soon after. When
/// the database takes nothing and the spool is full, callers wait a moment and are then refused: nothing is answered unaudited.
/// </summary>
internal sealed class AuditSpool(SpoolFile file, IDatabase database, TimeProvider time, ILogger<AuditSpool> logger) : IDisposable
{
    private const int AlarmPercent = 80;

    private readonly Lock _appending = new();
    private readonly SemaphoreSlim _draining = new(1, 1);
    private readonly SemaphoreSlim _filled = new(0, 1);
    private readonly MemoryStream _lines = new(Limits.AuditBlockBytesMax);
    private TaskCompletionSource _room = NewRoom();
    private bool _alarmed;

    /// <summary>True while callers are refused because the spool is full.</summary>
    public bool IsFull { get; private set; }

    /// <summary>True when enough waits to be drained without further delay.</summary>
    public bool IsPressing => file.PendingBytes > file.CapacityBytes / 4;

    /// <summary>Records a call; throws ServiceUnavailable when that is not possible within <see cref="Limits.AuditWait"/>.</summary>
    public ValueTask WriteAsync(Call call, ServiceException? failure)
    {
        using var line = ResponseBuffer.Rent();
        AuditLine.Write(line, call, failure);
        return WriteAsync(call.Time, line);
    }

    /// <summary>Records a read that is a part of a call, with the same promise.</summary>
    public ValueTask WritePartAsync(RequestContext part, ServiceException? failure)
    {
        using var line = ResponseBuffer.Rent();
        AuditLine.WritePart(line, part, failure);
        return WriteAsync(part.Time, line);
    }

    private ValueTask WriteAsync(DateTimeOffset time, ResponseBuffer line)
    {
        var at = time.ToUnixTimeMilliseconds();
        return TryAppend(at, line.Written.Span) ? ValueTask.CompletedTask : WaitAndAppendAsync(at, line.Written.ToArray());
    }

    /// <summary>Takes over what an earlier process left in the spool; to be called before the first record.</summary>
    public void Recover()
    {
        file.Recover(database.Read(session => AuditBlocks.FindDrained(session, file.Id)));
        if (file.PendingBytes > 0) logger.Recovered(file.PendingBytes);
    }

    /// <summary>Completes when there is something to drain.</summary>
    public Task WaitForRecordsAsync(CancellationToken cancellationToken) => _filled.WaitAsync(cancellationToken);

    /// <summary>Moves everything recorded so far into the database.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _draining.WaitAsync(cancellationToken);
        try
        {
            while (AuditBlock.TakeNext(file, _lines) is { Count: > 0 } blocks)
            {
                await database.WriteAsync(session => AuditBlocks.Insert(session, file.Id, blocks), cancellationToken);
                MarkDrained(blocks[^1].End);
                IsFull = false;
                // Armed again well below the alarm's level: a spool that hovers there is told of once.
                if (!IsPressing) _alarmed = false;
                Interlocked.Exchange(ref _room, NewRoom()).TrySetResult();
            }
        }
        finally
        {
            _draining.Release();
        }
    }

    /// <summary>After a failed drain: waits, then lets <see cref="WaitForRecordsAsync"/> complete without a new record.</summary>
    public async Task RetryAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Limits.AuditRetryDelay, time, cancellationToken);
        Announce();
    }

    public void Dispose()
    {
        _draining.Dispose();
        _filled.Dispose();
        _lines.Dispose();
        file.Dispose();
    }

    private bool TryAppend(long at, ReadOnlySpan<byte> line)
    {
        long before, after;
        lock (_appending)
        {
            before = file.PendingBytes;
            if (!file.TryAppend(at, line)) return false;
            after = file.PendingBytes;
        }
        var quarter = file.CapacityBytes / 4;
        if (before == 0 || (before <= quarter && after > quarter)) Announce();
        if (after > file.CapacityBytes / 100 * AlarmPercent && !_alarmed) Alarm();
        return true;
    }

    private async ValueTask WaitAndAppendAsync(long at, byte[] line)
    {
        var deadline = time.GetTimestamp();
        while (true)
        {
            var room = Volatile.Read(ref _room).Task;
            if (TryAppend(at, line)) return;
            var left = Limits.AuditWait - time.GetElapsedTime(deadline);
            try
            {
                if (left <= TimeSpan.Zero) throw new TimeoutException();
                await room.WaitAsync(left, time);
            }
            catch (TimeoutException)
            {
                if (!IsFull) logger.SpoolFull(file.CapacityBytes);
                IsFull = true;
                throw FrameworkErrors.Unavailable("The audit log cannot take more records at the moment.");
            }
        }
    }

    private void MarkDrained(long position)
    {
        file.MarkDrained(position);
        lock (_appending) file.RewindIfEmpty();
    }

    private static TaskCompletionSource NewRoom() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Announce()
    {
        try
        {
            if (_filled.CurrentCount == 0) _filled.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another caller announced at the same moment.
        }
    }

    private void Alarm()
    {
        _alarmed = true;
        logger.SpoolFilling(AlarmPercent, file.CapacityBytes);
    }
}
