using System.Collections.Immutable;
using System.Text.Json;
using Rekey.Server.Authorization;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record ListSecretsRequest
{
    /// <summary>At most 10; all must match.</summary>
    public IReadOnlyList<FilterEntry>? Filters { get; init; }

    /// <summary>Lists secrets that are scheduled for deletion too.</summary>
    public bool? IncludePlannedDeletion { get; init; }

    /// <summary>1 to 100; default 100.</summary>
    public int? MaxResults { get; init; }

    public string? NextToken { get; init; }

    /// <summary>created-date (default), last-accessed-date, last-changed-date or name.</summary>
    public string? SortBy { get; init; }

    /// <summary>asc (default) or desc.</summary>
    public string? SortOrder { get; init; }
}

internal sealed record ListSecretsResponse
{
    public string? NextToken { get; init; }
    public required IReadOnlyList<SecretListEntry> SecretList { get; init; }
}

/// <summary>As DescribeSecret, but the labels are under SecretVersionsToStages.</summary>
internal sealed record SecretListEntry
{
    public required string ARN { get; init; }
    public DateTimeOffset CreatedDate { get; init; }
    public DateTimeOffset? DeletedDate { get; init; }
    public string? Description { get; init; }
    public string? KmsKeyId { get; init; }
    public DateTimeOffset? LastAccessedDate { get; init; }
    public DateTimeOffset? LastChangedDate { get; init; }
    public DateTimeOffset? LastRotatedDate { get; init; }
    public required string Name { get; init; }
    public DateTimeOffset? NextRotationDate { get; init; }
    public string? PrimaryRegion { get; init; }
    public bool? RotationEnabled { get; init; }
    public string? RotationLambdaARN { get; init; }
    public RotationRules? RotationRules { get; init; }
    public Dictionary<string, ImmutableArray<string>>? SecretVersionsToStages { get; init; }
    public ImmutableArray<Tag>? Tags { get; init; }
    public string? Type { get; init; }
}

/// <summary>
/// The secrets of the caller's account and region, filtered and sorted, a page at a time. One call looks at a bounded number of secrets: a
/// page may be short or empty although more follow, so callers go on while there is a NextToken, as with AWS.
/// Reads one snapshot a page. Errors: InvalidParameterException (filters), InvalidNextTokenException (also a token of other filters or
/// another order). Source: AWS API reference, ListSecrets; docs/compatibility.md.
/// </summary>
internal sealed class ListSecrets(IDatabase database, AccessDays accessDays, PageTokens tokens)
    : IOperation<ListSecretsRequest, ListSecretsResponse>
{
    public async ValueTask<ListSecretsResponse> InvokeAsync(
        ListSecretsRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        Authorizer.Demand(context);
        await accessDays.FlushAsync(cancellationToken);
        var query = Query.Parse(request, context, tokens);
        return database.Read(session => List(session, query, context));
    }

    private ListSecretsResponse List(Session session, Query query, RequestContext context)
    {
        var page = query.Listing.ReadPage(session, context.Account, context.Region, query.Filters, query.PageSize, query.Start);
        var labels = SecretListing.ReadLabels(session, page.Secrets);
        return new ListSecretsResponse
        {
            NextToken = SecretListing.WriteToken(tokens, context, query.Identity, page.End),
            SecretList = page.Secrets.ConvertAll(secret => Entry(secret, labels[secret.Arn])),
        };
    }

    private static SecretListEntry Entry(Secret secret, IEnumerable<(string VersionId, string Label)> labels)
    {
        var stages = labels.GroupBy(row => row.VersionId, row => row.Label)
            .ToDictionary(group => group.Key, group => group.ToImmutableArray());
        return new SecretListEntry
        {
            ARN = secret.Arn,
            CreatedDate = secret.CreatedDate,
            DeletedDate = secret.DeletedDate,
            Description = secret.Description,
            KmsKeyId = secret.KmsKeyId,
            LastAccessedDate = secret.LastAccessedDate,
            LastChangedDate = secret.LastChangedDate,
            LastRotatedDate = secret.ShownLastRotatedDate,
            Name = secret.Name,
            NextRotationDate = secret.ShownNextRotationDate,
            PrimaryRegion = secret.PrimaryRegion,
            RotationEnabled = secret.RotationEnabled,
            RotationLambdaARN = secret.RotationLambdaArn,
            RotationRules = secret.RotationRules,
            SecretVersionsToStages = stages.Count == 0 ? null : stages,
            Tags = secret.Tags,
            Type = secret.Type,
        };
    }

    /// <param name="Identity">All that must be the same from page to page.</param>
    private sealed record Query(SecretListing Listing, SecretFilters Filters, int PageSize, ListPosition? Start, string Identity)
    {
        public static Query Parse(ListSecretsRequest request, RequestContext context, PageTokens tokens)
        {
            var sort = request.SortBy switch
            {
                "name" => SecretSort.Name,
                "last-changed-date" => SecretSort.LastChangedDate,
                "last-accessed-date" => SecretSort.LastAccessedDate,
                _ => SecretSort.CreatedDate,
            };
            var listing = new SecretListing(sort, request.SortOrder == "desc", request.IncludePlannedDeletion == true);
            var same = request with { MaxResults = null, NextToken = null };
            var identity = JsonSerializer.Serialize(same, SecretsManagerJson.Default.ListSecretsRequest);
            var start = listing.ReadToken(tokens, context, identity, request.NextToken);
            return new Query(listing, SecretFilters.Parse(request.Filters), request.MaxResults ?? Limits.PageSizeMax, start, identity);
        }
    }
}
