namespace Rekey.Rotators.MongoDb;

/// <summary>
/// One way in which a user may log in: from one of these addresses, to one of those. An empty list leaves its side open.
/// </summary>
/// <param name="ClientSource">Addresses and ranges (CIDR), sorted, parted by blanks; so two restrictions are equal when they say the same.
/// </param>
internal sealed record MongoRestriction(string ClientSource, string ServerAddress) : IComparable<MongoRestriction>
{
    public IReadOnlyList<string> ClientSources => Split(ClientSource);

    public IReadOnlyList<string> ServerAddresses => Split(ServerAddress);

    /// <summary>Servers put restrictions into a list, or into a list of lists; a plain one reads as itself.</summary>
    public static IEnumerable<MongoRestriction> Read(BsonDocument document)
    {
        var nested = document.Elements().Select(element => int.TryParse(element.Name, out _) ? element.AsDocument() : null).ToList();
        return nested.Count > 0 && nested.TrueForAll(inner => inner is not null)
            ? nested.SelectMany(inner => Read(inner!.Value))
            : [new MongoRestriction(Join(document.FindTexts("clientSource")), Join(document.FindTexts("serverAddress")))];
    }

    public int CompareTo(MongoRestriction? other) => other is null ? 1
        : string.CompareOrdinal(ClientSource, other.ClientSource) is var bySource and not 0 ? bySource
        : string.CompareOrdinal(ServerAddress, other.ServerAddress);

    private static string Join(IReadOnlyList<string>? addresses) =>
        string.Join(' ', (addresses ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private static string[] Split(string addresses) => addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
