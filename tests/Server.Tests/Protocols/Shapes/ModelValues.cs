using System.Text.Json;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>Values to try at a place of a request: around each constraint, of each other type, and in odd spellings.</summary>
internal static class ModelValues
{
    private static readonly (string What, string Raw, string Type)[] Typed =
    [
        ("a text", "\"x\"", "string"), ("an empty text", "\"\"", "string"), ("a digit as text", "\"7\"", "string"),
        ("true as text", "\"true\"", "string"), ("a number", "7", "number"), ("zero", "0", "number"),
        ("a negative number", "-7", "number"), ("a fraction", "7.5", "number"), ("an exponent", "1e2", "number"),
        ("a huge number", "1e400", "number"), ("true", "true", "boolean"), ("false", "false", "boolean"), ("an empty list", "[]", "list"),
        ("a list of a text", "[\"x\"]", "list"), ("a list of lists", "[[]]", "list"), ("an empty structure", "{}", "structure"),
        ("a structure", "{\"x\":\"y\"}", "structure"),
    ];

    private static readonly string[] NoBase64 =
        ["x", "xx", "xxx", "x===", "=", "====", "xx=x", "xx==x", "xxxx=", "xx=", "xx127xx=", "-_8=", "ä", "xxx\u0000", "xxx\u00a0"];

    private static readonly string[] NotWhole =
        ["1.0", "7.5", "1e2", "1E+2", "70e-1", "-7.0", "9223372036854775808", "-9223372036854775809", "1e400"];

    public static IEnumerable<ModelValue> Of(ModelSite site) =>
        [.. Absent(site), .. OfOtherTypes(site), .. OddlySpelt(site), .. OfType(site)];

    private static IEnumerable<ModelValue> OfType(ModelSite site) => site.Shape.Type switch
    {
        "string" => ModelTexts.Of(site),
        "blob" => Blobs(site),
        "integer" or "long" => Numbers(site),
        "boolean" => [Passes(site, "true", "true"), Passes(site, "false", "false")],
        "list" => Lists(site),
        "structure" => Structures(site),
        _ => throw new InvalidOperationException($"{site.Shape.Type} in a request"),
    };

    private static IEnumerable<ModelValue> Absent(ModelSite site)
    {
        var isRefused = site.IsRequired || site.List is not null;
        yield return isRefused ? Judged(site, "null", "null", ModelRules.OfNull(site)) : Passes(site, "null", "null");
        if (site.Member is null) yield break;
        yield return isRefused ? Judged(site, "missing", null, ModelRules.OfNull(site)) : Passes(site, "missing", null);
        var raw = ModelSamples.Of(site.Call.Name, site.Shape);
        yield return Malformed(site, "twice", $"{raw},\"{site.Member.Name}\":{raw}");
        yield return Malformed(site, "and then null", $"{raw},\"{site.Member.Name}\":null");
        yield return Malformed(site, "null and then", $"null,\"{site.Member.Name}\":{raw}");
        yield return Malformed(site, "twice, once escaped", $"{raw},\"\\u{(int)site.Member.Name[0]:x4}{site.Member.Name[1..]}\":{raw}");
        yield return Passes(site, "beside one in another case", $"{raw},\"{site.Member.Name.ToUpperInvariant()}\":{raw}");
    }

    private static IEnumerable<ModelValue> OfOtherTypes(ModelSite site) => Typed
        .Where(typed => typed.Type != JsonTypeOf(site.Shape))
        .Select(typed => Malformed(site, typed.What, typed.Raw));

    /// <summary>JSON that is none, nested too deep, or followed by what does not belong there.</summary>
    private static IEnumerable<ModelValue> OddlySpelt(ModelSite site)
    {
        (string What, string Raw)[] odd =
        [
            ("nothing", ""), ("a word", "nul"), ("NaN", "NaN"), ("infinity", "-Infinity"), ("a leading zero", "07"), ("a bare point", ".5"),
            ("a plus", "+7"), ("hexadecimal", "0x7"), ("an open text", "\"x"), ("an open list", "["), ("single quotes", "'x'"),
            ("a raw line feed", "\"x\ny\""), ("an unknown escape", "\"\\q\""), ("half an escape", "\"\\u12\""),
            ("a lone high surrogate", "\"\\ud800\""), ("a lone low surrogate", "\"\\udc00\""), ("two values", "7 7"),
            ("a comment", "/**/7"), ("deep lists", new string('[', 100) + new string(']', 100)),
            ("deep structures", string.Concat(Enumerable.Repeat("{\"x\":", 100)) + "7" + new string('}', 100)),
        ];
        return odd.Where(value => value.Raw.Length > 0 || site.Member is not null).Select(value => Malformed(site, value.What, value.Raw));
    }

    private static IEnumerable<ModelValue> Blobs(ModelSite site)
    {
        foreach (var length in Around(site.Shape))
        {
            var raw = JsonSerializer.Serialize(Convert.ToBase64String(new byte[length]));
            yield return Judged(site, $"{length} bytes", raw, ModelRules.OfBlob(site, length));
        }
        yield return Passes(site, "an escaped slash", "\"\\/\\/\\/\\/\"");
        foreach (var text in NoBase64) yield return Malformed(site, $"no base64: {text}", JsonSerializer.Serialize(text));
    }

    private static IEnumerable<ModelValue> Numbers(ModelSite site)
    {
        long[] whole = [-1, 0, 1, int.MinValue, int.MaxValue, .. Around(site.Shape).Select(number => (long)number)];
        foreach (var number in whole.Distinct())
            yield return Judged(site, $"{number}", $"{number}", ModelRules.OfNumber(site, number));
        yield return Judged(site, "minus zero", "-0", ModelRules.OfNumber(site, 0));
        foreach (var number in NotWhole) yield return Malformed(site, number, number);
        foreach (var number in new[] { int.MinValue - 1L, int.MaxValue + 1L, long.MinValue, long.MaxValue })
        {
            yield return site.Shape.Type == "integer"
                ? Malformed(site, $"{number}", $"{number}")
                : Judged(site, $"{number}", $"{number}", ModelRules.OfNumber(site, number));
        }
    }

    private static IEnumerable<ModelValue> Lists(ModelSite site)
    {
        var element = ModelSamples.Of(site.Call.Name, site.Shape.Element!);
        foreach (var count in Around(site.Shape).Append(60).Distinct())
        {
            var raw = $"[{string.Join(',', Enumerable.Repeat(element, count))}]";
            yield return Judged(site, $"{count} entries", raw, ModelRules.OfCount(site, count, raw));
        }
        yield return Malformed(site, "a trailing comma", $"[{element},]");
        yield return Malformed(site, "an element of another type", site.Shape.Element!.IsScalar ? $"[{element},7]" : $"[{element},\"x\"]");
    }

    private static IEnumerable<ModelValue> Structures(ModelSite site)
    {
        var members = ModelSamples.Structure(site.Call.Name, site.Shape.Members, [])[1..^1];
        yield return Passes(site, "empty", "{}");
        foreach (var (what, raw) in UnknownMembers) yield return Passes(site, $"unknown member: {what}", $"{{{members},{raw}}}");
        yield return Malformed(site, "a name of half a character", $"{{{members},\"\\ud800\":1}}");
    }

    /// <summary>What a request may hold besides its members, as AWS ignores it: any JSON that nests no deeper than a request may.</summary>
    public static IEnumerable<(string What, string Raw)> UnknownMembers =>
    [
        ("null", "\"Later\":null"), ("a text", "\"Later\":\"x\""), ("a structure", "\"Later\":{\"SecretId\":[1,{\"y\":null}]}"),
        ("twice", "\"Later\":1,\"Later\":2"), ("without a name", "\"\":1"), ("a huge number", "\"Later\":1e999999999"),
        ("a lone surrogate", "\"Later\":\"\\ud800\""), ("NUL", "\"\\u0000\":\"\\u0000\""),
        ("nested", $"\"Later\":{new string('[', 25)}{new string(']', 25)}"),
    ];

    /// <summary>Lengths or values on and beside the bounds.</summary>
    public static int[] Around(ModelShape shape)
    {
        int?[] around = [shape.Min - 1, shape.Min, shape.Min + 1, shape.Max - 1, shape.Max, shape.Max + 1, shape.Max * 2];
        return [.. around.OfType<int>().Where(number => number >= 0).Distinct()];
    }

    public static ModelValue Judged(ModelSite site, string what, string? raw, string[] violations) =>
        new(site, what, raw, violations.Length == 0 ? Verdict.Passes : Verdict.Violates, violations);

    public static ModelValue Passes(ModelSite site, string what, string? raw) => new(site, what, raw, Verdict.Passes);

    public static ModelValue Malformed(ModelSite site, string what, string raw) => new(site, what, raw, Verdict.Malformed);

    private static string JsonTypeOf(ModelShape shape) => shape.Type switch
    {
        "blob" => "string",
        "integer" or "long" => "number",
        var type => type,
    };
}
