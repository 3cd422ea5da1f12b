using System.Globalization;

namespace Rekey.Benchmarks.Load;

/// <summary>One measured stretch of requests against one server.</summary>
/// <param name="Elapsed">Wall-clock time of the stretch.</param>
/// <param name="ProcessorTime">What the server's process used of its core meanwhile, kernel time for its sockets included.</param>
internal sealed record Round(LatencyHistogram Latencies, TimeSpan Elapsed, TimeSpan ProcessorTime)
{
    public double PerSecond => Latencies.Count / Elapsed.TotalSeconds;

    public double ProcessorMicroseconds => ProcessorTime.TotalMicroseconds / Latencies.Count;

    /// <summary>Near 1 when the server, and not the load generator, was the limit.</summary>
    public double CoreShare => ProcessorTime / Elapsed;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{PerSecond,9:N0} requests/s   p50 {Milliseconds(0.50),6:F2} ms   p99 {Milliseconds(0.99),6:F2} ms   " +
        $"{ProcessorMicroseconds,5:F1} µs of processor each   core busy {CoreShare,4:P0}");

    private double Milliseconds(double share) => Latencies.Percentile(share).TotalMilliseconds;
}
