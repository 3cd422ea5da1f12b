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
        foreach (var right in removed.OrderByDescending(right => right.Rank).ThenBy(right => right.Text, StringComparer.Ordinal))
        {
            // The option goes with the right it is an option of.
            if (right.Includes is { } plain && alsoRemoved.Contains(plain)) continue;
            changes.AddRange(right.Take(cloneName).Select(text => new RightsChange(RightsChangeKind.Remove, right.Text, text)));
        }
        foreach (var right in missing.OrderBy(right => right.Rank).ThenBy(right => right.Text, StringComparer.Ordinal))
        {
            if (included.Contains(right)) continue;
            changes.AddRange(right.Give(cloneName).Select(text => new RightsChange(RightsChangeKind.Add, right.Text, text)));
        }
        return changes;
    }
}
