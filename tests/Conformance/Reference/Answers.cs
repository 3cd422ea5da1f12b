using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>JSON as the service writes it: keys in alphabetical order, nothing for what has no value, times in seconds.</summary>
internal static class Answers
{
    public static JsonObject Of(params (string Key, JsonNode? Value)[] members)
    {
        var answer = new JsonObject();
        foreach (var (key, value) in members.OrderBy(member => member.Key, StringComparer.Ordinal))
        {
            if (value is not null) answer[key] = value;
        }
        return answer;
    }

    public static JsonNode? Time(DateTimeOffset? time) =>
        time is { } given ? JsonValue.Create(given.ToUnixTimeMilliseconds() / 1000m) : null;

    public static JsonArray List(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    /// <summary>Nothing for an empty list.</summary>
    public static JsonArray? SomeOf(IReadOnlyCollection<string> texts) => texts.Count == 0 ? null : List(texts);

    public static JsonArray List(IEnumerable<JsonObject> objects) => [.. objects];
}
