using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>Tags: section 6.17 of the specification.</summary>
internal static class Tags
{
    private const int Most = 50;

    public static JsonObject? TagResource(Call call)
    {
        var secret = Names.DemandWritable(call);
        secret.Tags = Merge(secret.Tags, call);
        secret.Changed = call.Now;
        return null;
    }

    public static JsonObject? UntagResource(Call call)
    {
        var secret = Names.DemandWritable(call);
        var keys = call.Texts("TagKeys")!;
        foreach (var key in keys) DemandNoSystemTag(key);
        secret.Tags?.RemoveAll(tag => keys.Contains(tag.Key));
        secret.Changed = call.Now;
        return null;
    }

    /// <summary>The tags with those of the request; a known key keeps its place.</summary>
    public static List<(string Key, string Value)>? Merge(List<(string Key, string Value)>? tags, Call call)
    {
        if (call.Objects("Tags") is not { } given) return tags;
        var merged = tags?.ToList() ?? [];
        var seen = new List<string>();
        foreach (var tag in given)
        {
            var key = tag["Key"]?.GetValue<string>() ?? throw Refusal.Parameter("Every tag must have a key.");
            DemandNoSystemTag(key);
            if (seen.Contains(key)) throw Refusal.Parameter($"The tag key '{key}' is given more than once.");
            seen.Add(key);
            var place = merged.FindIndex(known => known.Key == key);
            var value = tag["Value"]?.GetValue<string>() ?? "";
            if (place < 0) merged.Add((key, value));
            else merged[place] = (key, value);
        }
        if (merged.Count > Most) throw Refusal.Parameter($"The number of tags on a secret can't exceed {Most}.");
        return merged;
    }

    public static JsonArray? Show(KnownSecret secret) => secret.Tags is null
        ? null
        : Answers.List(secret.Tags.Select(tag => Answers.Of(("Key", tag.Key), ("Value", tag.Value))));

    private static void DemandNoSystemTag(string key)
    {
        if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
            throw Refusal.Parameter($"You can't modify system tags. Tag key: '{key}'.");
    }
}
