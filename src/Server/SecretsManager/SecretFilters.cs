namespace Rekey.Server.SecretsManager;

/// <summary>A filter as a caller sends it: the model requires neither member.</summary>
internal sealed record FilterEntry
{
    public string? Key { get; init; }
    public IReadOnlyList<string>? Values { get; init; }
}

/// <summary>
/// The filters of ListSecrets: all must match, and of each one value must. A value that begins with <c>!</c> must not match, whatever the
/// others do. Source: AWS API reference, ListSecrets; docs/compatibility.md.
/// </summary>
internal sealed class SecretFilters
{
    private readonly List<Func<Secret, bool>> _filters;

    private SecretFilters(List<Func<Secret, bool>> filters) => _filters = filters;

    /// <summary>Throws InvalidParameterException for a filter without key or values.</summary>
    public static SecretFilters Parse(IReadOnlyList<FilterEntry>? entries)
    {
        var filters = new List<Func<Secret, bool>>();
        foreach (var entry in entries ?? [])
        {
            var key = entry.Key ?? throw SecretsManagerErrors.InvalidFilterKey();
            if (entry.Values is not { Count: > 0 } values) throw SecretsManagerErrors.InvalidFilterValues(key);
            filters.Add(AnyOf(key, values));
        }
        return new SecretFilters(filters);
    }

    public bool Match(Secret secret) => _filters.TrueForAll(filter => filter(secret));

    private static Func<Secret, bool> AnyOf(string key, IReadOnlyList<string> values)
    {
        var wanted = new List<Func<Secret, bool>>();
        var unwanted = new List<Func<Secret, bool>>();
        foreach (var value in values)
        {
            if (value.StartsWith('!')) unwanted.Add(One(key, value[1..]));
            else wanted.Add(One(key, value));
        }
        return secret => !unwanted.Exists(match => match(secret)) && (wanted.Count == 0 || wanted.Exists(match => match(secret)));
    }

    private static Func<Secret, bool> One(string key, string value)
    {
        var words = SecretWords.Split(value);
        return key switch
        {
            "name" => secret => Begins(secret.Name, value),
            "tag-key" => secret => (secret.Tags ?? []).Any(tag => Begins(tag.Key, value)),
            "tag-value" => secret => (secret.Tags ?? []).Any(tag => Begins(tag.Value, value)),
            "description" => secret => SecretWords.Match(secret.Description ?? "", words),
            "all" => secret => Fields(secret).Any(field => SecretWords.Match(field, words)),
            // Only replicated secrets have one.
            "primary-region" => secret => secret.PrimaryRegion is { } region && Begins(region, value),
            // Only secrets of other services have an owner; here is none.
            "owning-service" => _ => false,
            _ => throw SecretsManagerErrors.InvalidFilterKey(),
        };
    }

    private static bool Begins(string text, string value) => text.StartsWith(value, StringComparison.Ordinal);

    private static IEnumerable<string> Fields(Secret secret) =>
    [
        secret.Name, secret.Description ?? "", secret.PrimaryRegion ?? "",
        .. (secret.Tags ?? []).SelectMany(tag => new[] { tag.Key, tag.Value }),
    ];
}
