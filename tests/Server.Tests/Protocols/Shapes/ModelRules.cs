using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>
/// Which constraints of the model a value breaks, and AWS's words for that. Written from the specification, apart from the server's
/// validator, and in another manner: on decoded values and with nothing to save.
/// </summary>
internal static class ModelRules
{
    private const int ShownMax = 1024;

    /// <summary>Bounds that the service checks itself, with errors of its own.</summary>
    private static readonly string[] Unchecked = ["AutomaticallyRotateAfterDaysType"];

    /// <summary>The violations of a text at a place: of the text itself, or of the list of scalars that holds it.</summary>
    public static string[] OfText(ModelSite site, string text) => Told(site, Shown(site.Shape, text), text, BrokenBy(site.Shape, text));

    public static string[] OfBlob(ModelSite site, int length) => Told(site, "Value", "", BrokenBy(site.Shape, length));

    public static string[] OfNumber(ModelSite site, long number)
    {
        var broken = new List<string>();
        if (IsNumberBroken(site.Shape, number))
        {
            broken.Add(number < site.Shape.Min
                ? $"Member must have value greater than or equal to {site.Shape.Min}"
                : $"Member must have value less than or equal to {site.Shape.Max}");
        }
        return Told(site, $"Value '{number}'", "", broken);
    }

    /// <summary>The violations of the number of a list's entries.</summary>
    public static string[] OfCount(ModelSite site, int count, string json) =>
        Told(site, Shown(site.Shape, Printed(JsonDocument.Parse(json).RootElement, site.Shape)), "", BrokenBy(site.Shape, count));

    public static bool IsTextBroken(ModelShape shape, string text) => BrokenBy(shape, text).Count > 0;

    public static bool IsCountBroken(ModelShape shape, int count) => count < shape.Min || count > shape.Max;

    public static bool IsNumberBroken(ModelShape shape, long number) =>
        !Unchecked.Contains(shape.Name) && (number < shape.Min || number > shape.Max);

    /// <summary>A member that is not there, or null in a list.</summary>
    public static string[] OfNull(ModelSite site) => site.List is not null && site.Shape.IsScalar
        ? [InList(site.List, "null")]
        : [Violation("Value null", site.Path, "Member must not be null")];

    private static string[] Told(ModelSite site, string shown, string text, List<string> broken)
    {
        if (broken.Count == 0) return [];
        return site.List is { } list && site.Shape.IsScalar
            ? [InList(list, text)]
            : [.. broken.Select(rule => Violation(shown, site.Path, rule))];
    }

    /// <summary>A list of scalars is told once and with all constraints of its elements, whatever is wrong with them.</summary>
    private static string InList(ModelSite list, string text)
    {
        var element = list.Shape.Element!;
        var rules = new List<string>();
        if (element.Max is not null) rules.Add(MostLength(element));
        if (element.Min is not null) rules.Add(LeastLength(element));
        if (element.Pattern is not null) rules.Add(Pattern(element));
        return Violation(Shown(list.Shape, $"[{text}]"), list.Path, $"Member must satisfy constraint: [{string.Join(", ", rules)}]");
    }

    private static List<string> BrokenBy(ModelShape shape, int count)
    {
        if (!IsCountBroken(shape, count)) return [];
        return [count < shape.Min ? LeastLength(shape) : MostLength(shape)];
    }

    private static List<string> BrokenBy(ModelShape shape, string text)
    {
        // A model counts characters; the quota on a value counts bytes.
        var length = shape.Name == "SecretStringType" ? Encoding.UTF8.GetByteCount(text) : text.EnumerateRunes().Count();
        var broken = new List<string>();
        if (length < shape.Min) broken.Add(LeastLength(shape));
        if (length > shape.Max) broken.Add(MostLength(shape));
        if (shape.Enum.Length > 0 && !shape.Enum.Contains(text))
            broken.Add($"Member must satisfy enum value set: [{string.Join(", ", shape.Enum)}]");
        if (shape.Pattern is { } pattern && !Matches(pattern, text)) broken.Add(Pattern(shape));
        return broken;
    }

    /// <summary>The whole text, and in ASCII: no pattern of the model allows anything else.</summary>
    private static bool Matches(string pattern, string text) =>
        Ascii.IsValid(text) && !text.EndsWith('\n') && Regex.IsMatch(text, $"^(?:{pattern})$", RegexOptions.NonBacktracking);

    private static string LeastLength(ModelShape shape) => $"Member must have length greater than or equal to {shape.Min}";

    private static string MostLength(ModelShape shape) => $"Member must have length less than or equal to {shape.Max}";

    private static string Pattern(ModelShape shape) => $"Member must satisfy regular expression pattern: {shape.Pattern}";

    private static string Violation(string shown, string path, string rule) => $"{shown} at '{path}' failed to satisfy constraint: {rule}";

    private static string Shown(ModelShape shape, string text)
    {
        if (shape.IsSensitive) return "Value";
        if (text.Length <= ShownMax) return $"Value '{text}'";
        var cut = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (cut.Length + rune.Utf16SequenceLength > ShownMax) break;
            cut.Append(rune);
        }
        return $"Value '{cut}...'";
    }

    private static string Printed(JsonElement json, ModelShape shape) => shape.Type switch
    {
        "list" => $"[{string.Join(", ", json.EnumerateArray().Select(element => Printed(element, shape.Element!)))}]",
        "structure" => $"{shape.Name}({string.Join(", ", json.EnumerateObject().Select(member => Printed(member, shape)))})",
        _ => json.ToString(),
    };

    private static string Printed(JsonProperty property, ModelShape shape)
    {
        var name = property.Name;
        var member = shape.Members.Single(member => member.Name == name);
        return $"{char.ToLowerInvariant(name[0])}{name[1..]}={Printed(property.Value, member.Shape)}";
    }
}
