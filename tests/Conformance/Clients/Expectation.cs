using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Rekey.Conformance.Clients;

/// <summary>
/// Holds what a client got against what it should have got: the same members and no others, in lists the same order. In an expected text
/// <c>&lt;any&gt;</c> stands for anything, <c>&lt;uuid&gt;</c> for a UUID and <c>&lt;suffix&gt;</c> for the end of an ARN. An expected text
/// of <c>&lt;now&gt;</c>, <c>&lt;in 7 days&gt;</c>, <c>&lt;today&gt;</c> (midnight) or <c>&lt;later&gt;</c> wants a time, <c>&lt;like
/// [7-9]{64}&gt;</c> a text of that pattern, <c>&lt;anything&gt;</c> any value. A member <c>...</c> allows members beside those named.
/// </summary>
internal static class Expectation
{
    private const string Others = "...";

    private static readonly JsonSerializerOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly TimeSpan s_tolerance = TimeSpan.FromMinutes(10);

    /// <summary>The first difference, told with its place; null when there is none.</summary>
    /// <param name="known">Members that the client knows; it does not show others. Null: it knows all.</param>
    public static string? Difference(JsonNode? expected, JsonNode? actual, IReadOnlySet<string>? known, string place = "answer") =>
        expected switch
        {
            JsonObject members => actual is JsonObject found
                ? InMembers(members, found, known, place)
                : $"{place}: an object expected, not {Show(actual)}",
            JsonArray values => actual is JsonArray found
                ? InValues(values, found, known, place)
                : $"{place}: a list expected, not {Show(actual)}",
            JsonValue value when value.GetValueKind() == JsonValueKind.String => InText(value.GetValue<string>(), actual, place),
            _ => JsonNode.DeepEquals(expected, actual) ? null : $"{place}: {Show(expected)} expected, not {Show(actual)}",
        };

    public static bool Matches(string pattern, string text)
    {
        var regex = Regex.Escape(pattern)
            .Replace("<any>", ".*", StringComparison.Ordinal)
            .Replace("<uuid>", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", StringComparison.Ordinal)
            .Replace("<suffix>", "[A-Za-z0-9]{6}", StringComparison.Ordinal);
        return Regex.IsMatch(text, $"^{regex}$", RegexOptions.Singleline | RegexOptions.NonBacktracking);
    }

    private static string? InMembers(JsonObject expected, JsonObject actual, IReadOnlySet<string>? known, string place)
    {
        var shown = expected.Where(member => known is null || !IsMember(member.Key) || known.Contains(member.Key)).ToDictionary();
        var missing = shown.Keys.Where(key => key != Others && !actual.ContainsKey(key)).ToArray();
        if (missing.Length > 0) return $"{place}: without {string.Join(", ", missing)}";
        var surplus = actual.Where(member => !shown.ContainsKey(member.Key)).Select(member => member.Key).ToArray();
        if (surplus.Length > 0 && !shown.ContainsKey(Others)) return $"{place}: with {string.Join(", ", surplus)}";
        return shown.Where(member => member.Key != Others)
            .Select(member => Difference(member.Value, actual[member.Key], known, $"{place}.{member.Key}"))
            .FirstOrDefault(one => one is not null);
    }

    /// <summary>Not the key of a map, such as a version's.</summary>
    private static bool IsMember(string key) => char.IsAsciiLetterUpper(key[0]) && key.All(char.IsAsciiLetterOrDigit);

    private static string? InValues(JsonArray expected, JsonArray actual, IReadOnlySet<string>? known, string place)
    {
        if (expected.Count != actual.Count) return $"{place}: {expected.Count} values expected, not {actual.Count}: {Show(actual)}";
        return expected.Select((value, index) => Difference(value, actual[index], known, $"{place}[{index}]"))
            .FirstOrDefault(one => one is not null);
    }

    private static bool IsText(JsonNode? actual, Func<string, bool> holds) =>
        actual?.GetValueKind() == JsonValueKind.String && holds(actual.GetValue<string>());

    private static string? InText(string expected, JsonNode? actual, string place)
    {
        var now = TimeProvider.System.GetUtcNow();
        var met = expected switch
        {
            "<anything>" => actual is not null,
            "<now>" => IsTime(actual, time => IsNear(time, now)),
            "<today>" => IsTime(actual, time => time.TimeOfDay == TimeSpan.Zero
                && now - time < TimeSpan.FromDays(1) + s_tolerance),
            "<later>" => IsTime(actual, time => time > now),
            ['<', 'i', 'n', ' ', .. var days, ' ', 'd', 'a', 'y', 's', '>'] =>
                IsTime(actual, time => IsNear(time, now.AddDays(int.Parse(days, CultureInfo.InvariantCulture)))),
            ['<', 'l', 'i', 'k', 'e', ' ', .. var pattern, '>'] =>
                IsText(actual, text => Regex.IsMatch(text, $"^{pattern}$", RegexOptions.NonBacktracking)),
            _ => IsText(actual, text => Matches(expected, text)),
        };
        var wanted = expected.StartsWith('<') ? expected : Show(expected);
        return met ? null : $"{place}: {wanted} expected, not {Show(actual)}";
    }

    private static bool IsTime(JsonNode? actual, Func<DateTimeOffset, bool> holds) =>
        actual is JsonObject { Count: 1 } marked && marked["$time"] is { } time
        && holds(DateTimeOffset.FromUnixTimeMilliseconds((long)time.GetValue<double>()));

    private static bool IsNear(DateTimeOffset time, DateTimeOffset expected) => (time - expected).Duration() < s_tolerance;

    private static string Show(JsonNode? node) => node?.ToJsonString(s_readable) ?? "nothing";
}
