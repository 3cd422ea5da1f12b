using System.Net;
using System.Text.Json;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>Holds an answer against the model and against the case that it answers; says in words what is wrong.</summary>
internal static class ModelAnswers
{
    private static readonly string[] Framework = ["ValidationException", "SerializationException", "AccessDeniedException"];

    public static string? FaultOf(ModelCase @case, Answer answer)
    {
        if (answer.ContentType != "application/x-amz-json-1.1") return $"the content type is {answer.ContentType}";
        if (!Guid.TryParseExact(answer.RequestId, "D", out _)) return $"the request id is {answer.RequestId}";
        return answer.Status switch
        {
            HttpStatusCode.OK => @case.Verdict == Verdict.Passes ? OfSuccess(@case.Operation, answer) : "it was accepted",
            HttpStatusCode.BadRequest => OfError(@case, answer),
            _ => $"the status is {answer.Status}",
        };
    }

    private static string? OfSuccess(string operation, Answer answer)
    {
        if (ModelOperations.All[operation].Output is not { } output) return answer.Body.Length == 0 ? null : "there should be no body";
        using var json = JsonDocument.Parse(answer.Body);
        return OfValue(output, json.RootElement, operation);
    }

    private static string? OfValue(ModelShape shape, JsonElement value, string where)
    {
        var isOfType = shape.Type switch
        {
            "structure" or "map" => value.ValueKind == JsonValueKind.Object,
            "list" => value.ValueKind == JsonValueKind.Array,
            "string" or "blob" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            _ => value.ValueKind == JsonValueKind.Number,
        };
        if (!isOfType) return $"{where} is {value.ValueKind}";
        if (shape.Type == "list")
            return First(value.EnumerateArray().Select(element => OfValue(shape.Element!, element, where + "[]")));
        return shape.Type == "structure" ? OfMembers(shape, value, where) : null;
    }

    private static string? OfMembers(ModelShape shape, JsonElement value, string where)
    {
        var names = value.EnumerateObject().Select(property => property.Name).ToArray();
        if (!names.SequenceEqual(names.Distinct().Order(StringComparer.Ordinal))) return $"the members of {where} are in another order";
        return First(value.EnumerateObject()
            .Select(property => shape.Members.SingleOrDefault(member => member.Name == property.Name) is { } known
                ? OfValue(known.Shape, property.Value, $"{where}.{property.Name}")
                : $"{where} has no member {property.Name}"));
    }

    private static string? First(IEnumerable<string?> faults) => faults.FirstOrDefault(fault => fault is not null);

    private static string? OfError(ModelCase @case, Answer answer)
    {
        using var json = JsonDocument.Parse(answer.Body);
        var properties = json.RootElement.EnumerateObject().ToArray();
        if (properties is not [{ Name: "__type" }, { Name: "message" or "Message" }]) return "the error has another form";
        var (code, text) = (properties[0].Value.GetString()!, properties[1].Value.GetString()!);
        if (text.Length == 0 || text.Contains("   at ") || text.Contains("System.")) return "the text is not one for a caller";
        var known = properties[1].Name == "message" ? Framework : ModelOperations.All[@case.Operation].Errors;
        if (!known.Contains(code)) return $"{code} is not an error of it";
        var isFramework = code == "SerializationException" || text.Contains(" detected: ");
        return @case.Verdict switch
        {
            Verdict.Malformed => code == "SerializationException" ? null : "it should be malformed",
            Verdict.Violates when code != "ValidationException" => "it should violate a constraint",
            Verdict.Violates => text == @case.Text ? null : $"the text should be {@case.Text}",
            _ => isFramework ? "it should pass" : null,
        };
    }
}
