using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redis;

/// <summary>In what the rules of a clone differ from its base's, and the commands that would make them equal.</summary>
internal static class AclComparison
{
    /// <summary>The differences, with the words of ACL SETUSER that remedy each.</summary>
    public static IReadOnlyList<AclChange> Of(AclRules wanted, AclRules found)
    {
        List<AclChange> changes = [];
        if (wanted.SkipsSanitizing != found.SkipsSanitizing)
        {
            var word = wanted.SkipsSanitizing ? "skip-sanitize-payload" : "sanitize-payload";
            changes.Add(new AclChange(wanted.SkipsSanitizing ? RightsChangeKind.Add : RightsChangeKind.Remove,
                wanted.SkipsSanitizing ? word : "skip-sanitize-payload", [word]));
        }
        AddSet(changes, wanted.Keys, found.Keys, "resetkeys", "key pattern");
        AddSet(changes, wanted.Channels, found.Channels, "resetchannels", "channel pattern");
        if (wanted.Commands != found.Commands)
        {
            // As a whole: a rule's place among the others is part of its meaning, so that single ones cannot be given or taken.
            changes.Add(new AclChange(RightsChangeKind.Add, $"commands {wanted.Commands} (it has {found.Commands})",
                ["-@all", .. wanted.Commands.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));
        }
        AddSet(changes, wanted.Selectors, found.Selectors, "clearselectors", "selector");
        return changes;
    }

    /// <summary>
    /// What is to be given is named word by word; what is too much has no word of its own and goes with a reset to what both have.
    /// Removals come first, so that the words of an addition are not undone.
    /// </summary>
    private static void AddSet(
        List<AclChange> changes, IReadOnlyList<string> wanted, IReadOnlyList<string> found, string reset, string noun)
    {
        var extra = found.Except(wanted).ToList();
        var both = found.Intersect(wanted).ToList();
        for (var i = 0; i < extra.Count; i++)
            changes.Add(new AclChange(RightsChangeKind.Remove, $"{noun} {extra[i]}", i == 0 ? [reset, .. both] : []));
        foreach (var word in wanted.Except(found)) changes.Add(new AclChange(RightsChangeKind.Add, $"{noun} {word}", [word]));
    }
}

/// <summary>One difference.</summary>
/// <param name="Words">What ACL SETUSER is given; empty when an earlier change's words do it too.</param>
internal sealed record AclChange(RightsChangeKind Kind, string Right, IReadOnlyList<string> Words);
