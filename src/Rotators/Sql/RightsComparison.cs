using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Sql;

/// <summary>The difference between two accounts' rights, as statements. Pure.</summary>
internal static class RightsComparison
{
    /// <summary>
    /// What makes the clone's rights the base's. First what goes, in reverse order of dependence, then what comes: a denial must be gone
    /// before the grant that it shadows.
    /// </summary>
    public static IReadOnlyList<RightsChange> Compare(IReadOnlyList<Right> @base, IReadOnlyList<Right> clone, string cloneName)
    {
        var (wanted, present) = (@base.ToHashSet(), clone.ToHashSet());
        var settings = wanted.Where(right => right.Setting is not null).Select(right => right.Setting).ToHashSet();
        var missing = wanted.Except(present).ToHashSet();
        var included = missing.Select(right => right.Includes).OfType<Right>().ToHashSet();
        // Not from the set: one right granted by two grantors has to be taken twice.
        var removed = clone.Where(right => !wanted.Contains(right) && !(right.Setting is { } name && settings.Contains(name))).ToList();
        var alsoRemoved = removed.ToHashSet();
        List<RightsChange> changes = [];
        HashSet<string> unbundled = [];
        foreach (var right in removed.OrderByDescending(right => right.Rank).ThenBy(right => right.Text, StringComparer.Ordinal))
        {
            if (right.Bundle is { } bundle ? !unbundled.Add(bundle) : right.Includes is { } plain && alsoRemoved.Contains(plain))
                continue; // It goes with another: with its bundle, or the option with the right it is an option of.
            changes.AddRange(right.Take(cloneName).Select(text => new RightsChange(RightsChangeKind.Remove, right.Text, text)));
            if (right.Bundle is null) continue;
            var staying = clone.Where(other => other.Bundle == right.Bundle && wanted.Contains(other)).ToHashSet();
            staying.ExceptWith(staying.Select(other => other.Includes).OfType<Right>().ToList());
            changes.AddRange(staying.OrderBy(other => other.Rank).SelectMany(other => other.Give(cloneName)
                .Select(text => new RightsChange(RightsChangeKind.Remove, right.Text, text))));
        }
        foreach (var right in missing.OrderBy(right => right.Rank).ThenBy(right => right.Text, StringComparer.Ordinal))
        {
            if (included.Contains(right)) continue;
            changes.AddRange(right.Give(cloneName).Select(text => new RightsChange(RightsChangeKind.Add, right.Text, text)));
        }
        return changes;
    }
}
