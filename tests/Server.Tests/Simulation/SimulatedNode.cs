using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Simulation;

/// <summary>
/// One process of the server. It decides as <see cref="RotationScheduler"/> does, with the same calls in the same order, but only when the
/// simulator lets it.
/// </summary>
internal sealed class SimulatedNode : IDisposable
{
    private static readonly TimeSpan s_breakPause = TimeSpan.FromSeconds(1);

    private readonly Simulation _simulation;
    private readonly NodeDatabase _database;
    private readonly ServiceProvider _services;
    private readonly NodeClock _clock;
    private readonly RotationRunner _runner;
    private readonly UpkeepRunner _upkeep;
    private readonly RotationTokens _tokens;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, DateTimeOffset> _running = new(StringComparer.Ordinal);
    private Task _turn = Task.CompletedTask;
    private (DateTimeOffset Wall, long Monotonic) _seen;
    private bool _hasStarted;

    public SimulatedNode(Simulation simulation, string name)
    {
        _simulation = simulation;
        Name = name;
        _clock = new NodeClock(this, simulation.World.Clock);
        _database = new NodeDatabase(this, simulation.World.Store, simulation);
        _services = SimulatedServices.Build(simulation, this, _database, _clock);
        _tokens = _services.GetRequiredService<RotationTokens>();
        _runner = _services.GetRequiredService<RotationRunner>();
        _runner.Jitter = simulation.Jitter;
        _upkeep = _services.GetRequiredService<UpkeepRunner>();
        _upkeep.Jitter = simulation.Jitter;
        _seen = (_clock.GetUtcNow(), _clock.GetTimestamp());
    }

    public string Name { get; }

    public IDatabase Database => _database;

    public bool IsAlive { get; private set; } = true;

    public bool IsPaused { get; private set; }

    public bool IsBusy => _running.Count > 0;

    public bool IsStopping => _stopping.IsCancellationRequested;

    private RotationOptions Options => _simulation.Options;

    public void DemandAlive()
    {
        if (!IsAlive) throw new NodeCrashException();
    }

    public void Crash(string where)
    {
        if (!IsAlive) return;
        IsAlive = false;
        _simulation.Trace($"{Name} crashes {where}");
        _simulation.Gates.Forget(this);
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _services.Dispose();
    }

    /// <summary>A place between two effects.</summary>
    public void Reach(string place)
    {
        DemandAlive();
        if (!_simulation.Faults.CrashHere()) return;
        Crash($"at {place}");
        throw new NodeCrashException();
    }

    public void Pause()
    {
        IsPaused = true;
        _simulation.Trace($"{Name} pauses");
    }

    public void Resume()
    {
        if (!IsPaused) return;
        IsPaused = false;
        _simulation.Trace($"{Name} goes on");
        _clock.Resume();
    }

    /// <summary>A clean stop: no new step begins that may be left out.</summary>
    public void Stop()
    {
        _simulation.Trace($"{Name} is stopped");
        _stopping.Cancel();
    }

    public DateTimeOffset? NextMoment()
    {
        var store = _simulation.World.Store;
        var now = _clock.GetUtcNow();
        var next = store.Read(session => Earlier(
            Earlier(RotationRows.NextMoment(session, Name), RotationDue.NextMoment(session)),
            UpkeepRows.NextMoment(session, now, Name, store.IsExclusive)));
        foreach (var resume in _running.Values) next = Earlier(next, resume == DateTimeOffset.MaxValue ? null : resume);
        return next;
    }

    /// <summary>One turn of the scheduler's loop, unless the last one still waits.</summary>
    public void Turn()
    {
        if (!_turn.IsCompleted || !IsAlive || IsPaused || IsStopping) return;
        _turn = RunContext.RunAsync(new RunContext(this, lease: null), TurnAsync);
    }

    private async Task TurnAsync()
    {
        try
        {
            await CorrectClockAsync();
            await StartDueAsync();
            await ClaimReadyAsync();
            await ClaimUpkeepAsync();
        }
        catch (Exception exception) when (exception is StorageException or NodeCrashException)
        {
            _simulation.Trace($"{Name} turn ends in {exception.GetType().Name}");
        }
    }

    private async Task CorrectClockAsync()
    {
        var (wall, monotonic) = (_clock.GetUtcNow(), _clock.GetTimestamp());
        var wasSetBack = wall - _seen.Wall < _clock.GetElapsedTime(_seen.Monotonic, monotonic) - TimeSpan.FromSeconds(5);
        if (wasSetBack || !_hasStarted)
            await _database.WriteAsync(session => ClockCorrection.Rotations(session, Options, wall), CancellationToken.None);
        _hasStarted = true;
        if (wasSetBack)
        {
            _simulation.Trace($"{Name} notices that the clock was set back");
            // The pause after a run that broke off goes by the monotonic clock.
            var latest = wall + s_breakPause;
            foreach (var (arn, _) in _running.Where(run => run.Value != DateTimeOffset.MaxValue && run.Value > latest).ToArray())
                _running[arn] = latest;
            for (var after = ""; after is not null;)
            {
                var from = after;
                after = await _database.WriteAsync(
                    session => ClockCorrection.Schedules(session, Options, from, wall), CancellationToken.None);
            }
            for (var after = ""; after is not null;)
            {
                var from = after;
                after = await _database.WriteAsync(
                    session => ClockCorrection.Upkeep(session, Options, from, wall), CancellationToken.None);
            }
        }
        _seen = (wall, monotonic);
    }

    private async Task StartDueAsync()
    {
        var now = _clock.GetUtcNow();
        foreach (var arn in _database.Read(session => RotationDue.Arns(session, now, Options.MaxConcurrent)))
        {
            var started = await _database.WriteAsync(session => RotationDue.Start(session, arn, Options, now), CancellationToken.None);
            _simulation.Trace($"{Name} due {Simulation.ShortName(arn)}: {started.GetType().Name}");
            if (started is RotationDue.Outcome.Started) _simulation.Prober.Started(arn, now);
        }
    }

    private async Task ClaimReadyAsync()
    {
        var free = Options.MaxConcurrent - _running.Count;
        if (free <= 0) return;
        var now = _clock.GetUtcNow();
        foreach (var (arn, _) in _running.Where(run => run.Value <= now).ToArray()) _running.Remove(arn);
        var limit = free + _running.Count;
        var ready = _database.Read(session => RotationRows.Ready(session, now, Name, _database.IsExclusive, limit));
        foreach (var rotation in ready.Where(rotation => !_running.ContainsKey(rotation.SecretArn)).Take(free))
        {
            var claimed = await _database.WriteAsync(
                session => RotationClaim.Take(session, rotation, _tokens, Name, _database.IsExclusive, Options, now),
                CancellationToken.None);
            if (claimed is null) continue;
            _simulation.Prober.Claimed(claimed, now);
            Run(new RunContext(this, claimed.Lease), claimed.SecretArn, () => _runner.RunAsync(claimed, _stopping.Token));
        }
    }

    private async Task ClaimUpkeepAsync()
    {
        var now = _clock.GetUtcNow();
        var limit = Options.MaxConcurrent;
        foreach (var task in _database.Read(session => UpkeepRows.Due(session, now, Name, _database.IsExclusive, limit)))
        {
            if (_running.ContainsKey(task.SecretArn)) continue;
            var claimed = await _database.WriteAsync(
                session => UpkeepClaim.Take(session, task, Name, _database.IsExclusive, Options, now), CancellationToken.None);
            if (claimed is null) continue;
            _simulation.Trace($"{Name} {claimed.Kind} {Simulation.ShortName(claimed.SecretArn)} attempt {claimed.Attempt}");
            var context = new RunContext(this, lease: null) { Task = claimed, BeganAt = _simulation.StepNumber };
            Run(context, claimed.SecretArn, () => _upkeep.RunAsync(claimed, _stopping.Token));
        }
    }

    private void Run(RunContext context, string secretArn, Func<Task> run)
    {
        _running[secretArn] = DateTimeOffset.MaxValue;
        _ = RunContext.RunAsync(context, () => RunAsync(secretArn, run));
    }

    private async Task RunAsync(string secretArn, Func<Task> run)
    {
        try
        {
            await run();
            _running.Remove(secretArn);
        }
        catch (StorageException)
        {
            _simulation.Trace($"{Name} run of {Simulation.ShortName(secretArn)} breaks off");
            _running[secretArn] = _clock.GetUtcNow() + s_breakPause;
        }
        catch (NodeCrashException) when (!IsAlive)
        {
            _running.Remove(secretArn);
        }
#pragma warning disable CA1031 // Nobody awaits the run: what it ends in is told here.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _simulation.Violate($"A run ended in {exception}");
        }
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null ? right : right is null || left < right ? left : right;
}
