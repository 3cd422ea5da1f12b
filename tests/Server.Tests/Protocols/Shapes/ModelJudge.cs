using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>What the framework must say of any body at all: the rules of <see cref="ModelRules"/> along a parsed document.</summary>
internal static class ModelJudge
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32 };

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Verdict Of(ModelCall call, ReadOnlyMemory<byte> body)
    {
        try
        {
            s_strict.GetCharCount(body.Span);
            using var document = JsonDocument.Parse(body, s_options);
            return OfStructure(call.Input, document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or DecoderFallbackException)
        {
            return Verdict.Malformed; // no JSON, no UTF-8, or half of a character
        }
    }

    private static Verdict OfStructure(ModelShape shape, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) return Verdict.Malformed;
        var verdict = Verdict.Passes;
        var seen = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            var name = property.Name;
            if (shape.Members.SingleOrDefault(member => member.Name == name) is not { } member) continue;
            var isGiven = property.Value.ValueKind != JsonValueKind.Null;
            if (!seen.TryAdd(name, isGiven)) return Verdict.Malformed;
            if (isGiven) verdict = Worse(verdict, OfValue(member.Shape, property.Value));
        }
        var isComplete = shape.Members.All(member => !member.IsRequired || seen.GetValueOrDefault(member.Name));
        return isComplete ? verdict : Worse(verdict, Verdict.Violates);
    }

    private static Verdict OfValue(ModelShape shape, JsonElement value) => shape.Type switch
    {
        "structure" => OfStructure(shape, value),
        "list" => OfList(shape, value),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? Verdict.Passes : Verdict.Malformed,
        "string" or "blob" when value.ValueKind != JsonValueKind.String => Verdict.Malformed,
        "string" => OfText(shape, value.GetString()!),
        "blob" => OfBlob(shape, value.GetString()!),
        _ => OfNumber(shape, value),
    };

    private static Verdict OfList(ModelShape shape, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array) return Verdict.Malformed;
        var verdict = ModelRules.IsCountBroken(shape, value.GetArrayLength()) ? Verdict.Violates : Verdict.Passes;
        return value.EnumerateArray().Aggregate(verdict, (worst, element) => Worse(
            worst, element.ValueKind == JsonValueKind.Null ? Verdict.Violates : OfValue(shape.Element!, element)));
    }

    private static Verdict OfText(ModelShape shape, string text)
    {
        if (text.Contains('\0') && !shape.IsSensitive) return Verdict.Malformed;
        return ModelRules.IsTextBroken(shape, text) ? Verdict.Violates : Verdict.Passes;
    }

    private static Verdict OfBlob(ModelShape shape, string text)
    {
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length)) return Verdict.Malformed;
        // The last character may hold bits that belong to no byte: they must be zero.
        var spelt = string.Concat(text.Where(unit => !char.IsWhiteSpace(unit)));
        if (Convert.ToBase64String(bytes, 0, length) != spelt) return Verdict.Malformed;
        return ModelRules.IsCountBroken(shape, length) ? Verdict.Violates : Verdict.Passes;
    }

    private static Verdict OfNumber(ModelShape shape, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number) return Verdict.Malformed;
        var isWhole = long.TryParse(value.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        if (!isWhole || (shape.Type == "integer" && number is < int.MinValue or > int.MaxValue)) return Verdict.Malformed;
        return ModelRules.IsNumberBroken(shape, number) ? Verdict.Violates : Verdict.Passes;
    }

    private static Verdict Worse(Verdict one, Verdict other) => one > other ? one : other;
}
