using System.Collections.Immutable;

namespace Rekey.Conformance.Storage;

/// <summary>
/// What a secret must look like after a series of acknowledged writes: the label rules of AWS Secrets Manager, written a second time and in
/// the simplest way, so that the server is not tested against itself.
/// </summary>
internal sealed record SecretModel(string Name)
{
    public string? Description { get; init; }

    public bool IsDeleted { get; init; }

    public ImmutableSortedDictionary<string, string> Tags { get; init; } = Empty;

    /// <summary>Value by version id.</summary>
    public ImmutableSortedDictionary<string, string> Versions { get; init; } = Empty;

    /// <summary>Version id by label.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = Empty;

    private static ImmutableSortedDictionary<string, string> Empty =>
        ImmutableSortedDictionary<string, string>.Empty.WithComparers(StringComparer.Ordinal);

    /// <summary>A new version that becomes AWSCURRENT.</summary>
    public SecretModel PutCurrent(string versionId, string value) =>
        (this with { Versions = Versions.Add(versionId, value), Labels = Labels.Remove("AWSPENDING") }).MoveCurrent(versionId);

    /// <summary>A new version under one other label.</summary>
    public SecretModel PutLabelled(string versionId, string value, string label) =>
        this with { Versions = Versions.Add(versionId, value), Labels = Labels.SetItem(label, versionId) };

    /// <summary>AWSCURRENT goes to a version, AWSPREVIOUS to the one that had it.</summary>
    public SecretModel MoveCurrent(string versionId)
    {
        var before = Labels.GetValueOrDefault("AWSCURRENT");
        var labels = Labels.SetItem("AWSCURRENT", versionId);
        return this with { Labels = before is null ? labels : labels.SetItem("AWSPREVIOUS", before) };
    }

    /// <summary>All that can be read of the secret in one text: once it is marked for deletion, no values and no bare versions.</summary>
    public string Describe()
    {
        var tags = string.Join(',', Tags.Select(tag => $"{tag.Key}={tag.Value}"));
        var labelsOf = Labels.ToLookup(label => label.Value, label => label.Key);
        var versions = Versions.Where(version => !IsDeleted || labelsOf.Contains(version.Key))
            .Select(version => $"{version.Key}{(IsDeleted ? "" : "=" + version.Value)}[{string.Join(',', labelsOf[version.Key])}]");
        return $"{Name} description={Description} deleted={IsDeleted} tags={tags} versions={string.Join(' ', versions)}";
    }
}
