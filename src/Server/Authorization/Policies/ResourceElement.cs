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

    /// <summary>A variable without value makes a pattern of Resource name nothing, and NotResource as a whole.</summary>
    public bool Matches(string arn, ContextKeys keys)
    {
        foreach (var pattern in Patterns)
        {
            var matches = pattern.Matches(arn, keys);
            if (matches == true) return !IsNegated;
            if (matches is null && IsNegated) return false;
        }
        return IsNegated;
    }
}
