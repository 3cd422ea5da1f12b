using System.Collections.Concurrent;

namespace Rekey.Server.Observability;

/// <summary>A histogram for each set of label values that was measured so far, since the start of the process.</summary>
/// <param name="bounds">Inclusive upper bounds of the buckets, ascending; one without a bound is added.</param>
internal sealed class HistogramFamily(string name, string help, double[] bounds, params string[] labels)
{
    private readonly ConcurrentDictionary<string, Buckets> _histograms = new(StringComparer.Ordinal);

    /// <param name="values">In the order of the labels; none may hold a line end.</param>
    public void Measure(double value, params ReadOnlySpan<string> values) =>
        _histograms.GetOrAdd(string.Join('\n', values!), _ => new Buckets(bounds)).Add(value);

    public void Write(PrometheusText text)
    {
        text.Family(name, "histogram", help);
        foreach (var (key, buckets) in _histograms.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            (string, string)[] own = [.. labels.Zip(key.Split('\n'))];
            var (counts, sum) = buckets.Read();
            long total = 0;
            for (var index = 0; index < counts.Length; index++)
            {
                total += counts[index];
                var bound = index < bounds.Length ? bounds[index] : double.PositiveInfinity;
                text.Sample($"{name}_bucket", total, [.. own, ("le", PrometheusText.Number(bound))]);
            }
            text.Sample($"{name}_sum", sum, own);
            text.Sample($"{name}_count", total, own);
        }
    }

    private sealed class Buckets(double[] bounds)
    {
        private readonly Lock _lock = new();
        private readonly long[] _counts = new long[bounds.Length + 1];
        private double _sum;

        public void Add(double value)
        {
            var bucket = Array.FindIndex(bounds, bound => value <= bound);
            lock (_lock)
            {
                _counts[bucket < 0 ? bounds.Length : bucket]++;
                _sum += value;
            }
        }

        /// <summary>All buckets and their sum as of one moment.</summary>
        public (long[] Counts, double Sum) Read()
        {
            lock (_lock) return ([.. _counts], _sum);
        }
    }
}
