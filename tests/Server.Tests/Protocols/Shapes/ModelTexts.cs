using System.Text;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>Texts to try at a place: of each length that matters, in characters of one to four bytes, around pattern and enum.</summary>
internal static class ModelTexts
{
    private static readonly string[] Characters =
        [.. Enumerable.Range(0x20, 0x5F).Select(code => $"{(char)code}"), "\t", "\n", "\r", "\u007f", "é", "٣", "ｈ", "\u2028", "😀"];

    public static IEnumerable<ModelValue> Of(ModelSite site) => Texts(site)
        .Select(text => ModelValues.Judged(site, text.What, Json(text.Value), ModelRules.OfText(site, text.Value)))
        .Concat(Spelt(site));

    /// <summary>The sample with another character at its end and in its midst.</summary>
    public static IEnumerable<ModelValue> Sweep(ModelSite site)
    {
        var sample = ModelSamples.Text(site.Call.Name, site.Shape);
        var half = sample.Length / 2;
        return Characters.SelectMany(character => new[] { sample + character, sample[..half] + character + sample[(half + 1)..] })
            .Select(text => ModelValues.Judged(
                site, $"sweep: {text}", Json(text), ModelRules.OfText(site, text)));
    }

    private static IEnumerable<(string What, string Value)> Texts(ModelSite site)
    {
        var shape = site.Shape;
        var sample = ModelSamples.Text(site.Call.Name, shape);
        var fill = shape.Pattern is null ? "1" : sample[..1];
        yield return ("the sample", sample);
        yield return ("empty", "");
        foreach (var length in ModelValues.Around(shape))
        {
            yield return ($"{length} characters", Padded(sample, fill, length));
            if (length != shape.Max && length != shape.Max + 1) continue;
            yield return ($"{length} characters of four bytes", Repeat("😀", length));
            yield return ($"{length} characters of two bytes", Repeat("é", length));
        }
        foreach (var value in shape.Enum)
            foreach (var text in new[] { value, value.ToUpperInvariant(), value + " ", " " + value, value[..^1], value + "\n" })
                yield return ($"near {value}: {text}", text);
    }

    /// <summary>A text of the length that keeps to the pattern when the sample does.</summary>
    private static string Padded(string sample, string fill, int length) =>
        sample.Length >= length ? sample[..length] : Repeat(fill, length - sample.Length) + sample;

    private static IEnumerable<ModelValue> Spelt(ModelSite site)
    {
        var sample = ModelSamples.Text(site.Call.Name, site.Shape);
        yield return ModelValues.Passes(site, "every character escaped", $"\"{Escaped(sample)}\"");
        if (site.Shape.Max is { } max)
        {
            var text = Padded(sample, site.Shape.Pattern is null ? "1" : sample[..1], max + 1);
            yield return ModelValues.Judged(site, "too long and escaped", $"\"{Escaped(text)}\"", ModelRules.OfText(site, text));
        }
        yield return site.Shape.IsSensitive
            ? ModelValues.Judged(site, "NUL", "\"a\\u0000b\"", ModelRules.OfText(site, "a\0b"))
            : ModelValues.Malformed(site, "NUL", "\"a\\u0000b\"");
    }

    /// <summary>In the shortest form: in any other the longest texts would not fit into a request.</summary>
    private static string Json(string text)
    {
        var json = new StringBuilder(text.Length + 2).Append('"');
        foreach (var unit in text) json.Append(unit is < ' ' or '"' or '\\' ? $"\\u{(int)unit:x4}" : $"{unit}");
        return json.Append('"').ToString();
    }

    private static string Escaped(string text) => string.Concat(text.Select(unit => $"\\u{(int)unit:x4}"));

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();
}
