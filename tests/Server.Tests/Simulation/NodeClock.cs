using Rekey.Server.Tests.Fakes;

namespace Rekey.Server.Tests.Simulation;

/// <summary>The simulated clock as one process sees it: its timers stand still while it is paused and end with it.</summary>
internal sealed class NodeClock(SimulatedNode node, ManualClock clock) : TimeProvider
{
    private readonly List<Action> _postponed = [];

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(
            _ =>
            {
                if (!node.IsAlive) return;
                if (node.IsPaused) _postponed.Add(() => callback(state));
                else callback(state);
            },
            null, dueTime, period);

    /// <summary>What would have fired during the pause fires now.</summary>
    public void Resume()
    {
        var due = _postponed.ToArray();
        _postponed.Clear();
        foreach (var fire in due) fire();
    }
}
