using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Rekey.Conformance.Reference;

/// <summary>The filters of ListSecrets and how texts are split into words: section 6.11 of the specification.</summary>
internal static partial class Filters
{
    /// <summary>Throws for a filter without key or values.</summary>
    public static void Demand(List<JsonObject>? filters)
    {
        foreach (var filter in filters ?? [])
        {
            if (filter["Key"] is null) throw Refusal.Parameter("Invalid filter key");
            if (filter["Values"] is not JsonArray { Count: > 0 })
                throw Refusal.Parameter($"Invalid filter values for key: {filter["Key"]}");
        }
    }

    public static bool Match(KnownSecret secret, List<JsonObject>? filters) =>
        (filters ?? []).TrueForAll(filter => MatchOne(secret, filter["Key"]!.GetValue<string>(), filter["Values"]!.AsArray()));

    /// <summary>At least one of the plain values, if there are any, and none of the negated ones.</summary>
    private static bool MatchOne(KnownSecret secret, string key, JsonArray values)
    {
        var (plain, hit) = (false, false);
        foreach (var value in values.Select(value => value!.GetValue<string>()))
        {
            if (value.StartsWith('!') && MatchValue(secret, key, value[1..])) return false;
            if (value.StartsWith('!')) continue;
            plain = true;
            hit |= MatchValue(secret, key, value);
        }
        return hit || !plain;
    }

    private static bool MatchValue(KnownSecret secret, string key, string value)
    {
        var (tagKeys, tagValues) = (secret.Tags?.Select(tag => tag.Key) ?? [], secret.Tags?.Select(tag => tag.Value) ?? []);
        var primaryRegion = secret.PrimaryRegion ?? (secret.Replicas.Count > 0 ? secret.Region : null);
        return key switch
        {
            "name" => secret.Name.StartsWith(value, StringComparison.Ordinal),
            "tag-key" => tagKeys.Any(tag => tag.StartsWith(value, StringComparison.Ordinal)),
            "tag-value" => tagValues.Any(tag => tag.StartsWith(value, StringComparison.Ordinal)),
            "description" => MatchWords(secret.Description, value),
            "primary-region" => primaryRegion?.StartsWith(value, StringComparison.Ordinal) == true,
            "all" => new[] { secret.Name, secret.Description, primaryRegion }.Concat(tagKeys).Concat(tagValues)
                .Any(field => MatchWords(field, value)),
            _ => false,
        };
    }

    private static bool MatchWords(string? field, string value)
    {
        var wanted = Words(value);
        return wanted.Count > 0 && wanted.All(word =>
            Words(field ?? "").Any(found => found.StartsWith(word, StringComparison.OrdinalIgnoreCase)));
    }

    private static List<string> Words(string text)
    {
        var words = new List<string>();
        foreach (var part in Separators().Split(text))
        {
            var start = 0;
            foreach (var cased in CasedWord().EnumerateMatches(part))
            {
                words.Add(part[start..cased.Index]);
                words.Add(part.Substring(cased.Index, cased.Length));
                start = cased.Index + cased.Length;
            }
            words.Add(part[start..]);
        }
        // A digit after a letter begins a word too.
        return [.. words.SelectMany(word => LetterThenDigit().Replace(word, "$1 $2").Split(' ')).Where(word => word.Length > 0)];
    }

    [GeneratedRegex(@"[\s/_+=.@-]", RegexOptions.NonBacktracking)]
    private static partial Regex Separators();

    [GeneratedRegex("[^a-z][a-z]+", RegexOptions.NonBacktracking)]
    private static partial Regex CasedWord();

    [GeneratedRegex("([A-Za-z])([0-9])", RegexOptions.NonBacktracking)]
    private static partial Regex LetterThenDigit();
}
