using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>ListSecrets: section 6.11 of the specification.</summary>
internal static class Listing
{
    public static JsonObject ListSecrets(Call call)
    {
        var filters = call.Objects("Filters");
        var isDescending = call.Text("SortOrder") == "desc";
        var sortBy = call.Text("SortBy") ?? "created-date";
        var query = $"secrets {filters?.Count} {call.Request["Filters"]?.ToJsonString()} {call.Text("SortBy")} {call.Text("SortOrder")} "
            + call.Request["IncludePlannedDeletion"]?.ToJsonString();
        var start = Pages.Find(call, query) as Place;
        Filters.Demand(filters);

        var (found, end) = Find(call, filters, sortBy, isDescending, start, call.Number("MaxResults") ?? 100);
        return Answers.Of(
            ("SecretList", Answers.List(found.Select(secret => Metadata.Show(secret, "SecretVersionsToStages")))),
            ("NextToken", end is null ? null : Pages.New(call, query, end)));
    }

    /// <summary>A page of the secrets that match, and where it ended; null when nothing follows.</summary>
    public static (List<KnownSecret> Secrets, Place? End) Find(
        Call call, List<JsonObject>? filters, string sortBy, bool isDescending, Place? start, long limit)
    {
        var sorted = call.World.SecretsOf(call.Region)
            .Where(secret => secret.Deleted is null || call.Flag("IncludePlannedDeletion") == true)
            .Select(secret => (Secret: secret, Place: PlaceOf(call.World, secret, sortBy, isDescending)))
            .Order(Comparer<(KnownSecret Secret, Place Place)>.Create((left, right) => Compare(left.Place, right.Place, isDescending)))
            .Where(entry => start is null || Compare(entry.Place, start, isDescending) > 0);
        var found = new List<KnownSecret>();
        Place? last = null;
        foreach (var (secret, place) in sorted)
        {
            var isMatch = Filters.Match(secret, filters);
            // There is one more: the next page begins behind the last one that was looked at before it.
            if (isMatch && found.Count == limit) return (found, last);
            if (isMatch) found.Add(secret);
            last = place;
        }
        return (found, null);
    }

    private static Place PlaceOf(World world, KnownSecret secret, string sortBy, bool isDescending)
    {
        // Never read: last in either order.
        var never = isDescending ? DateTimeOffset.MinValue : DateTimeOffset.MaxValue;
        var arn = world.Symbols.Fill(secret.Arn);
        return sortBy switch
        {
            "name" => new Place(secret.Name, default, arn),
            "last-changed-date" => new Place("", secret.Changed, arn),
            "last-accessed-date" => new Place("", secret.Accessed ?? never, arn),
            _ => new Place("", secret.Created, arn),
        };
    }

    private static int Compare(Place left, Place right, bool isDescending)
    {
        var order = string.CompareOrdinal(left.Name, right.Name);
        if (order == 0) order = left.Time.CompareTo(right.Time);
        if (order == 0) order = string.CompareOrdinal(left.Arn, right.Arn);
        return isDescending ? -order : order;
    }

    /// <summary>What a secret is sorted by.</summary>
    internal sealed record Place(string Name, DateTimeOffset Time, string Arn);
}
