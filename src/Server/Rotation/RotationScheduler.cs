using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Schedules;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// The loop: start what is due, claim what is ready (rotations before upkeep), sleep until the next moment or until woken. No rules here.
/// Sleep is bounded, so that a jump of the wall clock is noticed; every decision reads the clock afresh.
/// </summary>
internal sealed class RotationScheduler(
    IDatabase database, RotationRunner runner, UpkeepRunner upkeep, RotationTokens tokens, IOptions<RotationOptions> options,
    TimeProvider time, ILogger<RotationScheduler> logger)
    : BackgroundService
{
    /// <summary>The longest sleep: how late a jump of the clock may be noticed.</summary>
    private static readonly TimeSpan SleepMax = TimeSpan.FromSeconds(30);

    /// <summary>The shortest: what is ready but cannot be claimed yet must not keep the loop busy. A wake ends it.</summary>
    private static readonly TimeSpan SleepMin = TimeSpan.FromMilliseconds(200);

    /// <summary>How much the wall clock may lag behind the monotonic one between two turns before it counts as set back.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);

    /// <summary>The pause after the store failed.</summary>
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(1);

    /// <summary>How long a stop waits for running steps; what is left is taken up after the restart.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(7);

    private readonly string _nodeId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private int _upkeepRunning;
    private string? _sweepFrom = "";
    private readonly AlarmClock _alarm = new(time);
    private (DateTimeOffset Wall, long Monotonic) _seen = (time.GetUtcNow(), time.GetTimestamp());
    private bool _hasStarted;
    private bool _hasStumbled;

    /// <summary>Something may be due now: look at once.</summary>
    public void Wake() => _alarm.Wake();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var sleep = FaultPause;
            _hasStumbled = false;
            try
            {
                await SweepAsync(stoppingToken);
                await CorrectClockAsync(stoppingToken);
                await StartDueAsync(stoppingToken);
                await ClaimReadyAsync(stoppingToken);
                await ClaimUpkeepAsync(stoppingToken);
                sleep = _hasStumbled ? FaultPause : UntilNext();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The loop outlives a store that fails.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.SchedulerFailed(logger, exception.GetType().Name, FaultPause.TotalSeconds);
            }
            await _alarm.SleepAsync(sleep, stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAny(Task.WhenAll(_running.Values), Task.Delay(StopPatience, time, cancellationToken));
    }

    /// <summary>Once after the start: the settings may have changed.</summary>
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        while (_sweepFrom is { } from)
        {
            var now = time.GetUtcNow();
            _sweepFrom = await database.WriteAsync(
                session => UpkeepSchedule.Sweep(session, options.Value, from, now), cancellationToken);
        }
    }

    /// <summary>Notices by the monotonic clock that the wall clock was set back, and mends the dates that were written before.</summary>
    private async Task CorrectClockAsync(CancellationToken cancellationToken)
    {
        var (wall, monotonic) = (time.GetUtcNow(), time.GetTimestamp());
        var wasSetBack = wall - _seen.Wall < time.GetElapsedTime(_seen.Monotonic, monotonic) - ClockTolerance;
        // While the server was down nobody saw it; what may keep an application locked out is looked at in any case.
        if (wasSetBack || !_hasStarted)
            await database.WriteAsync(session => ClockCorrection.Rotations(session, options.Value, wall), cancellationToken);
        _hasStarted = true;
        if (wasSetBack)
        {
            Log.ClockSetBack(logger, _seen.Wall, wall);
            for (var after = ""; after is not null;)
            {
                var from = after;
                after = await database.WriteAsync(
                    session => ClockCorrection.Schedules(session, options.Value, from, wall), cancellationToken);
            }
            for (var after = ""; after is not null;)
            {
                var from = after;
                after = await database.WriteAsync(
                    session => ClockCorrection.Upkeep(session, options.Value, from, wall), cancellationToken);
            }
        }
        _seen = (wall, monotonic);
    }

    private async Task StartDueAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var arn in database.Read(session => RotationDue.Arns(session, now, options.Value.MaxConcurrent)))
        {
            var start = await GuardedAsync(arn, () => database.WriteAsync(
                session => RotationDue.Start(session, arn, options.Value, now), cancellationToken));
            if (start is RotationDue.Outcome.Missed missed) Log.WindowMissed(logger, arn, missed.WindowEnd);
            if (start is RotationDue.Outcome.NothingToRotate) Log.NothingToRotate(logger, arn);
        }
    }

    private async Task ClaimReadyAsync(CancellationToken cancellationToken)
    {
        var free = options.Value.MaxConcurrent - _running.Count;
        if (free <= 0) return;
        var now = time.GetUtcNow();
        // Those that run may be among them: they must not take the place of others.
        var limit = free + _running.Count;
        var ready = database.Read(session => RotationRows.Ready(session, now, _nodeId, database.IsExclusive, limit));
        foreach (var rotation in ready.Where(rotation => !_running.ContainsKey(rotation.SecretArn)).Take(free))
        {
            var claimed = await GuardedAsync(rotation.SecretArn, () => database.WriteAsync(
                session => RotationClaim.Take(session, rotation, tokens, _nodeId, database.IsExclusive, options.Value, now),
                cancellationToken));
            if (claimed is not null) Run(claimed.SecretArn, () => runner.RunAsync(claimed, cancellationToken), cancellationToken);
        }
    }

    /// <summary>At most half of the places, so that a dead database's upkeep holds up no rotation.</summary>
    private async Task ClaimUpkeepAsync(CancellationToken cancellationToken)
    {
        var free = Math.Min(
            options.Value.MaxConcurrent - _running.Count,
            Math.Max(1, options.Value.MaxConcurrent / 2) - Volatile.Read(ref _upkeepRunning));
        if (free <= 0) return;
        var now = time.GetUtcNow();
        var limit = free + _running.Count;
        foreach (var task in database.Read(session => UpkeepRows.Due(session, now, _nodeId, database.IsExclusive, limit)))
        {
            // One thing at a time for one secret, whatever it is.
            if (_running.ContainsKey(task.SecretArn) || free == 0) continue;
            var claimed = await GuardedAsync(task.SecretArn, () => database.WriteAsync(
                session => UpkeepClaim.Take(session, task, _nodeId, database.IsExclusive, options.Value, now), cancellationToken));
            if (claimed is null) continue;
            free--;
            Interlocked.Increment(ref _upkeepRunning);
            Run(claimed.SecretArn, () => RunUpkeepAsync(claimed, cancellationToken), cancellationToken);
        }
    }

    /// <summary>What is wrong with one secret must not hold up the others: it is passed over until the next turn.</summary>
    private async Task<T?> GuardedAsync<T>(string secretArn, Func<Task<T>> decide)
    {
        try
        {
            return await decide();
        }
#pragma warning disable CA1031 // A store that fails fails for all; anything else is about this one.
        catch (Exception exception) when (exception is not (StorageException or OperationCanceledException))
#pragma warning restore CA1031
        {
            _hasStumbled = true;
            Log.RunBroke(logger, secretArn, exception.GetType().Name);
            return default;
        }
    }

    private async Task RunUpkeepAsync(UpkeepTask claimed, CancellationToken stopping)
    {
        try
        {
            await upkeep.RunAsync(claimed, stopping);
        }
        finally
        {
            Interlocked.Decrement(ref _upkeepRunning);
        }
    }

    private void Run(string secretArn, Func<Task> run, CancellationToken stopping)
    {
        // The place is taken before the task starts: one that ends at once must find it to give it up.
        _running[secretArn] = Task.CompletedTask;
        var task = Task.Run(() => RunAsync(secretArn, run, stopping), CancellationToken.None);
        _running.TryUpdate(secretArn, task, Task.CompletedTask);
    }

    private async Task RunAsync(string secretArn, Func<Task> run, CancellationToken stopping)
    {
        try
        {
            await run();
        }
#pragma warning disable CA1031 // Only the store can fail here: the rotation is taken up again after a pause.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.RunBroke(logger, secretArn, exception.GetType().Name);
            await Task.WhenAny(Task.Delay(FaultPause, time, stopping));
        }
        finally
        {
            _running.TryRemove(secretArn, out _);
            Wake();
        }
    }

    private TimeSpan UntilNext()
    {
        if (_running.Count >= options.Value.MaxConcurrent) return SleepMax;
        var now = time.GetUtcNow();
        var next = database.Read(session => Earlier(
            Earlier(RotationRows.NextMoment(session, _nodeId), RotationDue.NextMoment(session)),
            UpkeepRows.NextMoment(session, now, _nodeId, database.IsExclusive)));
        if (next is null) return SleepMax;
        var sleep = next.Value - now;
        return sleep < SleepMin ? SleepMin : sleep < SleepMax ? sleep : SleepMax;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null ? right : right is null || left < right ? left : right;
}
