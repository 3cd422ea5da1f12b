using System.Diagnostics;
using System.Globalization;

namespace Rekey.Benchmarks.Micro;

/// <summary>What one call of a hot path costs. The bytes are the same on every machine; the time is this machine's.</summary>
internal sealed record Measurement(string Name, long AllocatedBytes, TimeSpan Time)
{
    private const int WarmUpCalls = 50_000;
    private const int Calls = 200_000;
    private const int Repeats = 5;

    /// <summary>Calls on one thread, after the compiler has done its last work on them; the median of several repeats.</summary>
    public static Measurement Of(string name, Action call)
    {
        for (var count = 0; count < WarmUpCalls; count++) call();
        var times = new TimeSpan[Repeats];
        var bytes = new long[Repeats];
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            for (var count = 0; count < Calls; count++) call();
            times[repeat] = Stopwatch.GetElapsedTime(started) / Calls;
            bytes[repeat] = (GC.GetAllocatedBytesForCurrentThread() - allocated + Calls / 2) / Calls;
        }
        Array.Sort(times);
        Array.Sort(bytes);
        return new Measurement(name, bytes[Repeats / 2], times[Repeats / 2]);
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name,-24} {Time.TotalMicroseconds,8:F2} µs {AllocatedBytes,8:N0} bytes");
}
