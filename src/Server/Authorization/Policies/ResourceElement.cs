using System.Collections.Immutable;

namespace Rekey.Server.Authorization.Policies;

/// <summary>Resource or NotResource: which ARNs a statement concerns.</summary>
internal sealed class ResourceElement(bool isNegated, ImmutableArray<ResourcePattern> patterns)
{
    public bool IsNegated { get; } = isNegated;

    /// <summary>At least one, in the policy's order.</summary>
    public ImmutableArray<ResourcePattern> Patterns { get; } = patterns;

    public static ResourceElement Read(ref PolicyReader reader, string name, PolicyVersion version) =>
        new(name == "NotResource", reader.ReadList(name, (ref reader, text) => ResourcePattern.Parse(ref reader, text, version)));

    /// <summary>A pattern with a variable that has no value names nothing.</summary>
    public bool Matches(string arn, ContextKeys keys)
    {
        foreach (var pattern in Patterns)
            if (pattern.Matches(arn, keys) == true) return !IsNegated;
        return IsNegated;
    }
}
