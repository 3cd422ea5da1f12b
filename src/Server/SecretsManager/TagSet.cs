using System.Collections.Immutable;

namespace Rekey.Server.SecretsManager;

/// <summary>The rules of a secret's tags. Null means never tagged, which DescribeSecret shows differently from an empty set.</summary>
internal static class TagSet
{
    private const string SystemPrefix = "aws:";

    /// <summary>
    /// Adds tags; a known key keeps its place and gets the new value. Throws InvalidParameterException for a system tag, a key given twice
    /// or none, and more tags than a secret may have.
    /// </summary>
    public static ImmutableArray<Tag>? Merge(ImmutableArray<Tag>? tags, IReadOnlyList<TagEntry>? given, int tagsMax)
    {
        if (given is null) return tags;
        var merged = (tags ?? []).ToBuilder();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in given)
        {
            var key = entry.Key ?? throw SecretsManagerErrors.TagWithoutKey();
            DemandNoSystemTag(key);
            if (!seen.Add(key)) throw SecretsManagerErrors.DuplicateTag(key);
            var tag = new Tag(key, entry.Value ?? "");
            var place = IndexOf(merged, key);
            if (place < 0) merged.Add(tag);
            else merged[place] = tag;
        }
        return merged.Count <= tagsMax ? merged.ToImmutable() : throw SecretsManagerErrors.TooManyTags(tagsMax);
    }

    /// <summary>Removes tags; absent keys are ignored. Throws InvalidParameterException for a system tag.</summary>
    public static ImmutableArray<Tag>? Without(ImmutableArray<Tag>? tags, IReadOnlyList<string> keys)
    {
        foreach (var key in keys) DemandNoSystemTag(key);
        return tags?.RemoveAll(tag => keys.Contains(tag.Key));
    }

    private static void DemandNoSystemTag(string key)
    {
        if (key.StartsWith(SystemPrefix, StringComparison.OrdinalIgnoreCase)) throw SecretsManagerErrors.SystemTag(key);
    }

    private static int IndexOf(ImmutableArray<Tag>.Builder tags, string key)
    {
        for (var index = 0; index < tags.Count; index++)
        {
            if (tags[index].Key == key) return index;
        }
        return -1;
    }
}
