using System.Diagnostics;

namespace Rekey.Benchmarks.Load;

/// <summary>Counts of answer times in whole microseconds; what is slower than a second counts as a second.</summary>
internal sealed class LatencyHistogram
{
    private const int MicrosecondsMax = 1_000_000;

    private readonly int[] _counts = new int[MicrosecondsMax + 1];

    public long Count { get; private set; }

    public void Add(long stopwatchTicks)
    {
        var microseconds = stopwatchTicks * 1_000_000 / Stopwatch.Frequency;
        _counts[Math.Min(microseconds, MicrosecondsMax)]++;
        Count++;
    }

    /// <summary>The time that this share (0 to 1) of the answers did not exceed.</summary>
    public TimeSpan Percentile(double share)
    {
        var remaining = (long)Math.Ceiling(Count * share);
        for (var microseconds = 0; microseconds < _counts.Length; microseconds++)
        {
            remaining -= _counts[microseconds];
            if (remaining <= 0) return TimeSpan.FromMicroseconds(microseconds);
        }
        return TimeSpan.FromMicroseconds(MicrosecondsMax);
    }
}
