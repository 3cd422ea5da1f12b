using Rekey.Server.Schedules;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Schedules;

public sealed class AlarmClockTests
{
    private readonly ManualClock _clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sleep_EndsWithItsTime()
    {
        var sleep = new AlarmClock(_clock).SleepAsync(TimeSpan.FromMinutes(5), Stop);
        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        sleep.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromTicks(1));
        await sleep;
    }

    [Fact]
    public async Task Sleep_EndsWhenWoken()
    {
        var alarm = new AlarmClock(_clock);
        var sleep = alarm.SleepAsync(Timeout.InfiniteTimeSpan, Stop);
        sleep.IsCompleted.ShouldBeFalse();
        alarm.Wake();
        await sleep;
    }

    [Fact]
    public async Task CallsWhileAwake_EndOneSleep()
    {
        var alarm = new AlarmClock(_clock);
        for (var call = 0; call < 10; call++) alarm.Wake();
        await alarm.SleepAsync(TimeSpan.FromHours(1), Stop);
        var second = alarm.SleepAsync(TimeSpan.FromHours(1), Stop);
        second.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromHours(1));
        await second;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1_000)]
    public async Task TimeThatIsOver_IsNoSleep(int milliseconds) =>
        await new AlarmClock(_clock).SleepAsync(TimeSpan.FromMilliseconds(milliseconds) - TimeSpan.FromTicks(1), Stop);

    [Fact]
    public async Task Cancellation_IsPassedOn()
    {
        using var stopping = new CancellationTokenSource();
        var sleep = new AlarmClock(_clock).SleepAsync(TimeSpan.FromHours(1), stopping.Token);
        await stopping.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(sleep);
    }
}
