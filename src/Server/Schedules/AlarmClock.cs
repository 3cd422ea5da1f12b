using System.Threading.Channels;

namespace Rekey.Server.Schedules;

/// <summary>The sleep of a loop: it ends when its time is over or when someone finds work. A call while nobody sleeps is kept.</summary>
internal sealed class AlarmClock(TimeProvider time)
{
    private readonly Channel<bool> _calls =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Ends the sleep, or the next one when nobody sleeps.</summary>
    public void Wake() => _calls.Writer.TryWrite(true);

    /// <summary>Sleeps for a while, until woken, or until cancelled, which throws.</summary>
    /// <param name="duration">Zero or less: not at all. <see cref="Timeout.InfiniteTimeSpan"/>: until woken.</param>
    public async Task SleepAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        if (duration <= TimeSpan.Zero && duration != Timeout.InfiniteTimeSpan) return;
        using var over = new CancellationTokenSource(duration, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            await _calls.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }
    }
}
