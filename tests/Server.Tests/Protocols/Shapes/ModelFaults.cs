using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>Ways to break each constraint of a model's shapes, with the words for it.</summary>
internal sealed class ModelFaults(JsonElement shapes)
{
    public IEnumerable<(string Text, Action<JsonObject> Apply)> OfStructure(string structure, string path)
    {
        var shape = shapes.GetProperty(structure);
        foreach (var name in Required(shape))
            yield return (Text("Value null", path + Camel(name), "must not be null"), node => node.Remove(name));
        foreach (var member in shape.GetProperty("members").EnumerateObject())
        {
            var target = member.Value.GetProperty("shape").GetString()!;
            foreach (var (text, value) in OfValue(target, path + Camel(member.Name)))
                yield return (text, node => node[member.Name] = value());
        }
    }

    /// <summary>A structure with its required members only.</summary>
    public JsonObject Valid(string structure)
    {
        var node = new JsonObject();
        var shape = shapes.GetProperty(structure);
        foreach (var name in Required(shape))
        {
            var target = shape.GetProperty("members").GetProperty(name).GetProperty("shape").GetString()!;
            node[name] = TypeOf(target) == "list" ? new JsonArray() : SampleText(target);
        }
        return node;
    }

    private IEnumerable<(string Text, Func<JsonNode> Value)> OfValue(string name, string at) => TypeOf(name) switch
    {
        "string" => OfText(name, at),
        "blob" => OfBlob(name, at),
        "integer" or "long" when name != "AutomaticallyRotateAfterDaysType" => OfNumber(name, at),
        "list" => OfList(name, at),
        "structure" => OfStructure(name, at + ".").Select(fault => (fault.Text, (Func<JsonNode>)(() => Broken(name, fault.Apply)))),
        _ => [],
    };

    private IEnumerable<(string Text, Func<JsonNode> Value)> OfText(string name, string at)
    {
        (string, Func<JsonNode>) Case(string value, string rule) => (Text(Shown(name, value), at, rule), () => JsonValue.Create(value));

        if (PatternOf(name) is { } pattern)
        {
            yield return Case(BadFor(name), $"must satisfy regular expression pattern: {pattern}");
            yield break; // a text of a wrong length may break the pattern too
        }
        if (Bound(name, "min") is > 0 and { } min)
            yield return Case(new string('1', min - 1), $"must have length greater than or equal to {min}");
        if (Bound(name, "max") is { } max)
            yield return Case(new string('1', max + 1), $"must have length less than or equal to {max}");
        if (!shapes.GetProperty(name).TryGetProperty("enum", out var values)) yield break;
        var allowed = string.Join(", ", values.EnumerateArray().Select(value => value.GetString()));
        yield return Case("wrong", $"must satisfy enum value set: [{allowed}]");
    }

    private IEnumerable<(string Text, Func<JsonNode> Value)> OfBlob(string name, string at)
    {
        var max = Bound(name, "max")!.Value;
        yield return (Text("Value", at, "must have length greater than or equal to 1"), () => JsonValue.Create(""));
        yield return (Text("Value", at, $"must have length less than or equal to {max}"), () => Convert.ToBase64String(new byte[max + 1]));
    }

    private IEnumerable<(string Text, Func<JsonNode> Value)> OfNumber(string name, string at)
    {
        if (Bound(name, "min") is { } min)
            yield return (Text($"Value '{min - 1}'", at, $"must have value greater than or equal to {min}"), () => min - 1);
        if (Bound(name, "max") is { } max)
            yield return (Text($"Value '{max + 1}'", at, $"must have value less than or equal to {max}"), () => max + 1);
    }

    private IEnumerable<(string Text, Func<JsonNode> Value)> OfList(string name, string at)
    {
        var element = shapes.GetProperty(name).GetProperty("member").GetProperty("shape").GetString()!;
        if (Bound(name, "min") is > 0 and { } min)
            yield return (Text("Value '[]'", at, $"must have length greater than or equal to {min}"), () => new JsonArray());
        if (Bound(name, "max") is { } max && TypeOf(element) == "string")
        {
            var items = Enumerable.Repeat(SampleText(element), max + 1).ToArray();
            var shown = $"Value '[{string.Join(", ", items)}]'";
            yield return (Text(shown, at, $"must have length less than or equal to {max}"), () => JsonSerializer.SerializeToNode(items)!);
        }
        if (TypeOf(element) != "structure") yield break;
        foreach (var (text, apply) in OfStructure(element, at + ".1.member."))
            yield return (text, () => new JsonArray(Broken(element, apply)));
    }

    private JsonObject Broken(string structure, Action<JsonObject> apply)
    {
        var node = Valid(structure);
        apply(node);
        return node;
    }

    private string Shown(string name, string value)
    {
        if (shapes.GetProperty(name).TryGetProperty("sensitive", out _)) return "Value";
        return value.Length > 1024 ? $"Value '{value[..1024]}...'" : $"Value '{value}'";
    }

    /// <summary>Of a good length, and with a character that the pattern does not allow.</summary>
    private static string BadFor(string shape) => shape switch
    {
        "RegionType" => "us_east_1",
        "FilterValueStringType" => "a^b",
        "RotationTokenType" => new string('_', 40),
        "ScheduleExpressionType" => "rate(1 day)!",
        "DurationType" => "2d",
        _ => throw new InvalidOperationException($"No bad value for {shape}."),
    };

    private string? PatternOf(string name) =>
        shapes.GetProperty(name).TryGetProperty("pattern", out var pattern) ? pattern.GetString() : null;

    private int? Bound(string name, string which) =>
        shapes.GetProperty(name).TryGetProperty(which, out var bound) ? bound.GetInt32() : null;

    private string TypeOf(string name) => shapes.GetProperty(name).GetProperty("type").GetString()!;

    private static string SampleText(string shape) => shape == "SecretVersionIdType" ? new string('v', 40) : "sample";

    private static string[] Required(JsonElement shape) =>
        shape.TryGetProperty("required", out var names) ? [.. names.EnumerateArray().Select(name => name.GetString()!)] : [];

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static string Text(string value, string at, string rule) => $"{value} at '{at}' failed to satisfy constraint: Member {rule}";
}
