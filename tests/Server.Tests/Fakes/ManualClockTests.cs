using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Fakes;

/// <summary>The clock that every other test trusts.</summary>
public sealed class ManualClockTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Delay_EndsWhenItsTimeHasCome()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(5), _clock, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        delay.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromTicks(1));

        await delay;
        _clock.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Timers_FireInOrderAndSeeTheirOwnMoment()
    {
        var start = _clock.GetUtcNow();
        var seen = new List<(int Timer, TimeSpan At)>();
        void See(int timer) => seen.Add((timer, _clock.GetUtcNow() - start));
        using var late = _clock.CreateTimer(_ => See(2), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var often = _clock.CreateTimer(_ => See(1), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(5));

        seen.ShouldBe([(1, TimeSpan.FromSeconds(2)), (2, TimeSpan.FromSeconds(3)), (1, TimeSpan.FromSeconds(4))]);
        (_clock.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void TimerMadeByATimer_FiresInTheSameMove()
    {
        var fired = 0;
        using var outer = _clock.CreateTimer(
            _ => _clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan), null, TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);
        _clock.Advance(TimeSpan.FromSeconds(2));

        fired.ShouldBe(1);
    }

    [Fact]
    public void DisposedTimer_DoesNotFire()
    {
        var fired = 0;
        _clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan).Dispose();
        _clock.Advance(TimeSpan.FromSeconds(2));

        fired.ShouldBe(0);
    }

    [Fact]
    public void Jump_MovesTheWallClockButNotTheTimers()
    {
        var fired = 0;
        using var timer = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan);
        _clock.JumpTo(_clock.GetUtcNow() + TimeSpan.FromHours(1));
        fired.ShouldBe(0);
        _clock.Advance(TimeSpan.FromSeconds(9));
        fired.ShouldBe(0);
        _clock.Advance(TimeSpan.FromSeconds(1));

        fired.ShouldBe(1);
    }
}
