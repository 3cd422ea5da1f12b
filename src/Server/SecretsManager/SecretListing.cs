using System.Globalization;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>Where in a sorted list of secrets a page ended: the sort key and the ARN, which decides between equal keys.</summary>
internal readonly record struct ListPosition(object SortKey, string Arn);

/// <summary>Secrets without versions, and where their page ended; null when nothing follows.</summary>
internal readonly record struct ListPage(List<Secret> Secrets, ListPosition? End);

/// <summary>
/// All SQL that walks the secrets of an account and region in sorted order. A page begins after a position and not after a count, so that
/// secrets made or removed meanwhile shift nothing.
/// </summary>
internal sealed class SecretListing(SecretSort sort, bool isDescending, bool includePlannedDeletion)
{
    /// <summary>Secrets read by one statement.</summary>
    private const int BatchSize = 100;

    private static readonly string LabelsOfBatch = $"""
        SELECT l.arn, l.version_id, l.label FROM secret_labels l JOIN secret_versions v ON v.arn = l.arn AND v.version_id = l.version_id
        WHERE l.arn IN ({string.Join(", ", Enumerable.Range(0, BatchSize).Select(index => $"@arn{index}"))}) ORDER BY v.sequence, l.position
        """;

    /// <summary>
    /// The next page of those that match. It looks at a bounded number of secrets, so it may be short or empty although more follow.
    /// </summary>
    /// <param name="after">Where the page before ended; null for the first one.</param>
    public ListPage ReadPage(
        Session session, string account, string region, SecretFilters filters, int pageSize, ListPosition? after)
    {
        var found = new List<Secret>();
        var position = after;
        for (var seen = 0; seen < Limits.SecretsSeenPerPage; seen += BatchSize)
        {
            var batch = ReadBatch(session, account, region, position);
            foreach (var secret in batch)
            {
                // The page is full and there is one more: it begins the next page.
                var isMatch = filters.Match(secret);
                if (isMatch && found.Count == pageSize) return new ListPage(found, position);
                if (isMatch) found.Add(secret);
                position = PositionOf(secret);
            }
            if (batch.Count < BatchSize) return new ListPage(found, null);
        }
        return new ListPage(found, position);
    }

    /// <summary>At most <see cref="BatchSize"/> secrets after a position, without versions; the first ones when it is null.</summary>
    private List<Secret> ReadBatch(Session session, string account, string region, ListPosition? after)
    {
        var (key, order, comparison) = (KeyColumn, isDescending ? "DESC" : "ASC", isDescending ? "<" : ">");
        var deleted = includePlannedDeletion ? "" : "AND deleted_at IS NULL";
        var start = after is null ? "" : $"AND ({key}, arn) {comparison} (@key, @arn)";
        var sql = $"""
            SELECT {SecretRow.Columns} FROM secrets WHERE account = @account AND region = @region {deleted} {start}
            ORDER BY {key} {order}, arn {order} LIMIT @limit
            """;
        return after is { } position
            ? session.Query(sql, SecretRow.Read, ("account", account), ("region", region), ("key", position.SortKey), ("arn", position.Arn),
                ("limit", BatchSize))
            : session.Query(sql, SecretRow.Read, ("account", account), ("region", region), ("limit", BatchSize));
    }

    private ListPosition PositionOf(Secret secret) => new(SortKeyOf(secret), secret.Arn);

    /// <summary>The NextToken of a page that ended there; null when nothing follows.</summary>
    /// <param name="query">All that must be the same from page to page.</param>
    public static string? WriteToken(PageTokens tokens, RequestContext context, string query, ListPosition? end) => end is { } position
        ? tokens.Write(context, query, string.Create(CultureInfo.InvariantCulture, $"{position.Arn} {position.SortKey}"))
        : null;

    /// <summary>Where to go on; null at the beginning. Throws InvalidNextTokenException for what is no token of this query.</summary>
    /// <inheritdoc cref="WriteToken"/>
    public ListPosition? ReadToken(PageTokens tokens, RequestContext context, string query, string? token) => token is null
        ? null
        : Read(tokens.Read(context, query, token)) ?? throw SecretsManagerErrors.BadNextToken();

    /// <summary>Back from a token's text; null when it is no position in a list sorted like this one.</summary>
    private ListPosition? Read(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0) return null;
        var (arn, key) = (text[..space], text[(space + 1)..]);
        if (sort == SecretSort.Name) return new ListPosition(key, arn);
        var isNumber = long.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        return isNumber ? new ListPosition(number, arn) : null;
    }

    /// <summary>The labelled versions of up to <see cref="BatchSize"/> secrets, in order of creation, by ARN.</summary>
    public static ILookup<string, (string VersionId, string Label)> ReadLabels(Session session, List<Secret> secrets)
    {
        // Always the same number of parameters, so that it is always the same statement; no ARN is empty.
        var parameters = new (string Name, object? Value)[BatchSize];
        for (var index = 0; index < BatchSize; index++)
            parameters[index] = ($"arn{index}", index < secrets.Count ? secrets[index].Arn : "");
        return session.Query(LabelsOfBatch, row => (Arn: row.Text(0), VersionId: row.Text(1), Label: row.Text(2)), parameters)
            .ToLookup(row => row.Arn, row => (row.VersionId, row.Label));
    }

    /// <summary>Secrets that were never read come last in either order: before every day, or after the last day of the calendar.</summary>
    private long NeverAccessed => isDescending ? -1 : DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private string KeyColumn => sort switch
    {
        SecretSort.Name => "name",
        SecretSort.LastChangedDate => "last_changed_at",
        SecretSort.LastAccessedDate => string.Create(CultureInfo.InvariantCulture, $"COALESCE(last_accessed_day, {NeverAccessed})"),
        _ => "created_at",
    };

    private object SortKeyOf(Secret secret) => sort switch
    {
        SecretSort.Name => secret.Name,
        SecretSort.LastChangedDate => secret.LastChangedDate.ToUnixTimeMilliseconds(),
        SecretSort.LastAccessedDate => secret.LastAccessedDate?.ToUnixTimeMilliseconds() ?? NeverAccessed,
        _ => secret.CreatedDate.ToUnixTimeMilliseconds(),
    };
}

internal enum SecretSort
{
    CreatedDate,
    LastAccessedDate,
    LastChangedDate,
    Name,
}
