using System.Globalization;
using Shouldly;

namespace Rekey.Server.Tests.Metrics;

/// <summary>One line of a scrape.</summary>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>
/// Reads Prometheus' text format 0.0.4 by its description alone, and fails on what it does not allow: it shares nothing with the writer.
/// </summary>
internal sealed class PrometheusParser
{
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly HashSet<string> _help = new(StringComparer.Ordinal);
    private readonly HashSet<string> _closed = new(StringComparer.Ordinal);
    private readonly List<Sample> _samples = [];
    private string? _family;

    private PrometheusParser()
    {
    }

    public IReadOnlyList<Sample> Samples => _samples;

    public IReadOnlyDictionary<string, string> Types => _types;

    public static PrometheusParser Parse(string text)
    {
        var parser = new PrometheusParser();
        text.ShouldEndWith("\n");
        text.ShouldNotContain("\r");
        foreach (var line in text.Split('\n')[..^1]) parser.Take(line);
        parser.CheckHistograms();
        return parser;
    }

    /// <summary>The value of the one sample with that name and at least these labels.</summary>
    public double Value(string name, params (string Name, string Value)[] labels) =>
        _samples.Where(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value))
            .ToList().ShouldHaveSingleItem($"{name} {string.Join(',', labels)}").Value;

    /// <summary>The samples that may only grow, by what identifies them.</summary>
    public Dictionary<string, double> Monotone() => _samples
        .Where(sample => _types[FamilyOf(sample.Name)] is "counter" or "histogram")
        .ToDictionary(
            sample => $"{sample.Name}|{string.Join(',', sample.Labels.OrderBy(label => label.Key))}", sample => sample.Value,
            StringComparer.Ordinal);

    private void Take(string line)
    {
        line.ShouldNotBeEmpty();
        if (line.StartsWith("# HELP ", StringComparison.Ordinal)) Help(line[7..]);
        else if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) Type(line[7..]);
        else TakeSample(line);
    }

    private void Help(string rest)
    {
        var space = rest.IndexOf(' ');
        var name = rest[..space];
        DemandName(name, colons: true);
        _help.Add(name).ShouldBeTrue($"second HELP of {name}");
        Begin(name);
        rest[(space + 1)..].ShouldNotBeEmpty();
    }

    private void Type(string rest)
    {
        var parts = rest.Split(' ');
        parts.Length.ShouldBe(2);
        parts[1].ShouldBeOneOf("counter", "gauge", "histogram", "summary", "untyped");
        _help.ShouldContain(parts[0]);
        _family.ShouldBe(parts[0], "TYPE must come before the samples of its family");
        _types.TryAdd(parts[0], parts[1]).ShouldBeTrue($"second TYPE of {parts[0]}");
    }

    /// <summary>All lines of a family stand together.</summary>
    private void Begin(string family)
    {
        if (_family is not null) _closed.Add(_family);
        _closed.ShouldNotContain(family);
        _family = family;
    }

    private void TakeSample(string line)
    {
        var end = line.IndexOfAny(['{', ' ']);
        end.ShouldBeGreaterThan(0);
        var name = line[..end];
        DemandName(name, colons: true);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = end;
        if (line[at] == '{') at = Labels(line, at + 1, labels);
        line[at].ShouldBe(' ');
        var value = line[(at + 1)..];
        value.ShouldNotContain(" ");
        FamilyOf(name).ShouldBe(_family);
        var sample = new Sample(name, labels, Number(value));
        _samples.Any(known => known.Name == name && Same(known.Labels, labels)).ShouldBeFalse($"twice: {line}");
        _samples.Add(sample);
    }

    private static int Labels(string line, int at, Dictionary<string, string> labels)
    {
        while (true)
        {
            var equals = line.IndexOf('=', at);
            var name = line[at..equals];
            DemandName(name, colons: false);
            line[equals + 1].ShouldBe('"');
            var value = new System.Text.StringBuilder();
            for (at = equals + 2; line[at] != '"'; at++)
            {
                if (line[at] != '\\')
                {
                    value.Append(line[at]);
                    continue;
                }
                at++;
                value.Append(line[at] switch
                {
                    'n' => '\n',
                    '\\' => '\\',
                    '"' => '"',
                    var other => throw new FormatException($"\\{other}"),
                });
            }
            labels.TryAdd(name, value.ToString()).ShouldBeTrue();
            at++;
            if (line[at] == '}') return at + 1;
            line[at++].ShouldBe(',');
        }
    }

    private string FamilyOf(string sample)
    {
        if (_types.ContainsKey(sample)) return sample;
        foreach (var suffix in (string[])["_bucket", "_sum", "_count"])
        {
            var family = sample.EndsWith(suffix, StringComparison.Ordinal) ? sample[..^suffix.Length] : "";
            if (_types.GetValueOrDefault(family) == "histogram") return family;
        }
        throw new FormatException($"{sample} has no TYPE");
    }

    /// <summary>Buckets are cumulative, end with +Inf, and that one is the count.</summary>
    private void CheckHistograms()
    {
        foreach (var family in _types.Where(type => type.Value == "histogram").Select(type => type.Key))
        {
            var series = _samples.Where(sample => sample.Name == $"{family}_bucket")
                .GroupBy(sample => string.Join(',', sample.Labels.Where(label => label.Key != "le").OrderBy(label => label.Key)));
            foreach (var buckets in series)
            {
                var bounds = buckets.Select(bucket => Number(bucket.Labels["le"])).ToList();
                bounds.ShouldBe(bounds.Order().Distinct());
                double.IsPositiveInfinity(bounds[^1]).ShouldBeTrue();
                buckets.Select(bucket => bucket.Value).ShouldBe(buckets.Select(bucket => bucket.Value).Order());
                var count = _samples.Single(sample => sample.Name == $"{family}_count"
                    && string.Join(',', sample.Labels.OrderBy(label => label.Key)) == buckets.Key);
                count.Value.ShouldBe(buckets.Last().Value);
            }
        }
    }

    private static bool Same(IReadOnlyDictionary<string, string> left, Dictionary<string, string> right) =>
        left.Count == right.Count && left.All(label => right.GetValueOrDefault(label.Key) == label.Value);

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static void DemandName(string name, bool colons)
    {
        name.ShouldNotBeEmpty();
        name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (colons && c == ':')).ShouldBeTrue(name);
        char.IsAsciiDigit(name[0]).ShouldBeFalse(name);
    }
}
