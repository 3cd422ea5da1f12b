using System.Collections.Concurrent;

namespace Rekey.Server.Observability;

/// <summary>A counter for each set of label values that was counted so far, since the start of the process. Only grows.</summary>
/// <param name="labels">Names of the labels; their values must come from small fixed sets.</param>
internal sealed class CounterFamily(string name, string help, params string[] labels)
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <param name="values">In the order of the labels; none may hold a line end.</param>
    public void Add(params ReadOnlySpan<string> values) =>
        _counts.AddOrUpdate(string.Join('\n', values!), 1, static (_, count) => count + 1);

    public void Write(PrometheusText text)
    {
        text.Family(name, "counter", help);
        foreach (var (key, count) in _counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            text.Sample(name, count, [.. labels.Zip(key.Split('\n'))]);
    }
}
