namespace Rekey.Server.Tests.Fakes;

/// <summary>
/// A clock that stands still until it is told to move. Timers made by it (delays, time-outs, periodic ones) fire while it moves, in order
/// of their due times, each seeing its own moment as "now".
/// </summary>
public sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _moving = new();
    private readonly Lock _state = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = start;
    private TimeSpan _jumped;

    /// <summary>2026-03-02 10:00:00 UTC, a Monday.</summary>
    public ManualClock()
        : this(new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero))
    {
    }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Number of timers that have a due time.</summary>
    public int PendingTimers
    {
        get
        {
            lock (_state) return _timers.Count;
        }
    }

    /// <summary>When the next timer falls due; null while there is none.</summary>
    public DateTimeOffset? NextTimer
    {
        get
        {
            lock (_state) return _timers.Count == 0 ? null : _timers.Min(timer => timer.Due);
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_state) return _now;
    }

    /// <summary>Monotonic: jumps of the wall clock are not in it.</summary>
    public override long GetTimestamp()
    {
        lock (_state) return (_now - _jumped).UtcTicks;
    }

    public void Advance(TimeSpan by) => SetTo(GetUtcNow() + by);

    /// <summary>Moves on to <paramref name="time"/> and fires what falls due on the way.</summary>
    public void SetTo(DateTimeOffset time)
    {
        lock (_moving)
        {
            while (NextDue(time) is { } timer) timer.Fire();
            lock (_state) _now = time > _now ? time : _now;
        }
    }

    /// <summary>Sets the wall clock back or forth without firing anything: what an administrator or a bad time server does.</summary>
    public void JumpTo(DateTimeOffset time)
    {
        lock (_state)
        {
            var by = time - _now;
            _now = time;
            _jumped += by;
            foreach (var timer in _timers) timer.Due += by; // timers go by the monotonic clock
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? NextDue(DateTimeOffset until)
    {
        lock (_state)
        {
            var next = _timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);
            if (next is null) return null;
            if (next.Due > _now) _now = next.Due;
            if (next.Period > TimeSpan.Zero) next.Due += next.Period;
            else _timers.Remove(next);
            return next;
        }
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._state)
            {
                clock._timers.Remove(this);
                Period = period;
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = clock._now + dueTime;
                clock._timers.Add(this);
            }
            if (dueTime <= TimeSpan.Zero) clock.SetTo(clock.GetUtcNow());
            return true;
        }

        public void Fire() => callback(state);

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
