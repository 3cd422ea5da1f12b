namespace Rekey.Server.Settings;

/// <summary>Finds the name that was probably meant, by edit distance.</summary>
internal static class NearestName
{
    private const int DistanceMax = 3;

    /// <summary>A sentence with a leading space, or nothing when no name is near.</summary>
    public static string Hint(string name, IEnumerable<string> known) =>
        Find(name, known) is { } nearest ? $" Did you mean {nearest}?" : "";

    public static string? Find(string name, IEnumerable<string> known)
    {
        var (best, distance) = known.Select(candidate => (candidate, distance: Distance(name, candidate)))
            .DefaultIfEmpty((candidate: "", distance: int.MaxValue))
            .MinBy(pair => pair.distance);
        return distance <= DistanceMax ? best : null;
    }

    /// <summary>Letters to add, drop or change (Levenshtein), without regard to case.</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]);
                var cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1));
                diagonal = row[j];
                row[j] = cost;
            }
        }
        return row[^1];
    }
}
