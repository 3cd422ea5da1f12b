using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>
/// The rules of policies once more, read from the documentation and not from our evaluator: straight from the JSON, with regular
/// expressions and sets, slow and plain. It knows correct policies only.
/// </summary>
internal static class ReferencePolicy
{
    private static readonly Regex Variable = new(@"\$\{(?<in>[^}]*)\}", RegexOptions.NonBacktracking);

    private static readonly ConcurrentDictionary<string, Regex> Expressions = new();

    /// <summary>"Deny" or "Allow", or "" when no statement applies.</summary>
    public static string Decide(string policy, ReferenceRequest request)
    {
        var root = JsonDocument.Parse(policy).RootElement;
        var isNew = root.TryGetProperty("Version", out var version) && version.GetString() == "2012-10-17";
        var statements = root.GetProperty("Statement");
        var effects = (statements.ValueKind == JsonValueKind.Array ? statements.EnumerateArray().ToArray() : [statements])
            .Where(statement => Applies(statement, request, isNew))
            .Select(statement => statement.GetProperty("Effect").GetString())
            .ToHashSet();
        return effects.Contains("Deny") ? "Deny" : effects.Contains("Allow") ? "Allow" : "";
    }

    /// <summary>A pattern of a policy as a regular expression; null when one of its variables has no value.</summary>
    public static string? Expression(string pattern, bool isNew, bool isLike, string run, IReadOnlyDictionary<string, string[]> context)
    {
        var expression = new StringBuilder();
        var rest = 0;
        foreach (var variable in Variable.Matches(pattern).Where(_ => isNew))
        {
            expression.Append(Plain(pattern[rest..variable.Index], isLike, run));
            var inside = variable.Groups["in"].Value;
            var value = inside is "*" or "?" or "$" ? inside : Value(inside, context);
            if (value is null) return null;
            expression.Append(Regex.Escape(value));
            rest = variable.Index + variable.Length;
        }
        return expression.Append(Plain(pattern[rest..], isLike, run)).ToString();
    }

    public static bool IsMatch(string expression, string text) => Expressions.GetOrAdd(
        expression,
        static plain => new Regex(
            $"^(?:{plain})\\z", RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant)).IsMatch(text);

    public static string[] Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray().SelectMany(Texts)],
        JsonValueKind.String => [value.GetString()!],
        _ => [value.GetRawText()],
    };

    private static bool Applies(JsonElement statement, ReferenceRequest request, bool isNew)
    {
        var isDeny = statement.GetProperty("Effect").GetString() == "Deny";
        return Says(statement, "Action", value => IsAction(value, request.Action)) == true
            && Says(statement, "Resource", value => IsResource(value, request, isNew)) == true
            && (ReferencePrincipals.Says(statement, request.Caller, isDeny) ?? true)
            && (!statement.TryGetProperty("Condition", out var conditions)
                || ReferenceConditions.All(conditions, request.Context, isNew).All(holds => holds ?? isDeny));
    }

    /// <summary>What an element or its negation says; what cannot be decided is not said.</summary>
    private static bool? Says(JsonElement statement, string element, Func<string, bool?> matches)
    {
        if (statement.TryGetProperty(element, out var wanted)) return Texts(wanted).Any(value => matches(value) == true);
        var unwanted = Texts(statement.GetProperty("Not" + element)).Select(matches).ToArray();
        return unwanted.All(match => match == false);
    }

    private static bool? IsAction(string pattern, string action) =>
        IsMatch(Plain(pattern.ToUpperInvariant(), true, ".*"), action.ToUpperInvariant());

    private static bool? IsResource(string pattern, ReferenceRequest request, bool isNew)
    {
        if (pattern == "*") return true;
        // Up to the fifth colon a run ends at the next one, unless it ends its segment.
        var colons = pattern.Select((unit, index) => (unit, index)).Where(at => at.unit == ':').Select(at => at.index + 1).ToArray();
        var headEnd = colons.Length < 5 ? pattern.Length : colons[4];
        var head = Regex.Replace(pattern[..headEnd], @"\*(?=:|\z)", "\u0001").Select(unit => unit switch
        {
            '\u0001' => ".*",
            '*' => "[^:]*",
            '?' => "[^:]",
            _ => Regex.Escape(unit.ToString()),
        });
        var tail = Expression(pattern[headEnd..], isNew, isLike: true, ".*", request.Context);
        return tail is null ? null : IsMatch(string.Concat(head) + tail, request.Resource);
    }

    private static string? Value(string inside, IReadOnlyDictionary<string, string[]> context)
    {
        var parts = inside.Split(',', 2, StringSplitOptions.TrimEntries);
        var found = context.Where(key => key.Key.Equals(parts[0], StringComparison.OrdinalIgnoreCase))
            .SelectMany(key => key.Value)
            .ToArray();
        return found.Length == 1 ? found[0] : found.Length == 0 && parts.Length == 2 ? parts[1].Trim('\'') : null;
    }

    private static string Plain(string text, bool isLike, string run) =>
        isLike ? Regex.Escape(text).Replace(@"\*", run).Replace(@"\?", ".") : Regex.Escape(text);
}

/// <summary>A request for the reference. The caller is one of those that <see cref="ReferencePrincipals"/> knows.</summary>
internal sealed record ReferenceRequest(string Caller, string Action, string Resource, IReadOnlyDictionary<string, string[]> Context);
