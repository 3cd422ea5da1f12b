using System.Collections.Immutable;
using System.Globalization;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record ListSecretVersionIdsRequest
{
    public required string SecretId { get; init; }

    /// <summary>Lists versions without labels too.</summary>
    public bool? IncludeDeprecated { get; init; }

    /// <summary>1 to 100; default 100.</summary>
    public int? MaxResults { get; init; }

    public string? NextToken { get; init; }
}

internal sealed record ListSecretVersionIdsResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }
    public string? NextToken { get; init; }
    public required IReadOnlyList<SecretVersionsListEntry> Versions { get; init; }
}

internal sealed record SecretVersionsListEntry
{
    public required DateTimeOffset CreatedDate { get; init; }

    /// <summary>The key that sealed the value: its ARN, or DefaultEncryptionKey.</summary>
    public required IReadOnlyList<string> KmsKeyIds { get; init; }

    /// <summary>00:00 UTC of the day.</summary>
    public DateTimeOffset? LastAccessedDate { get; init; }

    public required string VersionId { get; init; }

    /// <summary>Absent when the version is deprecated.</summary>
    public ImmutableArray<string>? VersionStages { get; init; }
}

/// <summary>
/// The versions of a secret in order of creation. The placeholder of a running rotation, which has no value yet, is not listed.
/// Reads one snapshot a page. Errors: ResourceNotFoundException, InvalidRequestException (marked for deletion), InvalidNextTokenException.
/// Source: AWS API reference, ListSecretVersionIds; docs/compatibility.md.
/// </summary>
internal sealed class ListSecretVersionIds(IDatabase database, AccessDays accessDays, PageTokens tokens)
    : IOperation<ListSecretVersionIdsRequest, ListSecretVersionIdsResponse>
{
    public async ValueTask<ListSecretVersionIdsResponse> InvokeAsync(
        ListSecretVersionIdsRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        await accessDays.FlushAsync(cancellationToken);
        return database.Read(session => List(session, request, context, id));
    }

    private ListSecretVersionIdsResponse List(
        Session session, ListSecretVersionIdsRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandReadable(session, context, id);
        var includeDeprecated = request.IncludeDeprecated == true;
        var query = $"{secret.Arn} {includeDeprecated}";
        var after = request.NextToken is null ? 0 : ReadPosition(context, query, request.NextToken);
        var limit = request.MaxResults ?? Limits.PageSizeMax;

        var defaultKeyArn = SecretKeys.FindDefault(session, secret.Account, secret.Region);
        var page = secret.Versions
            .Where(version => version.HasValue && version.Sequence > after && (includeDeprecated || !version.Stages.IsEmpty))
            .Take(limit + 1).ToList();
        var hasMore = page.Count > limit;
        if (hasMore) page.RemoveAt(limit);
        return new ListSecretVersionIdsResponse
        {
            ARN = secret.Arn,
            Name = secret.Name,
            NextToken = hasMore ? tokens.Write(context, query, page[^1].Sequence.ToString(CultureInfo.InvariantCulture)) : null,
            Versions = page.ConvertAll(version => Entry(version, defaultKeyArn)),
        };
    }

    private long ReadPosition(RequestContext context, string query, string token) =>
        long.TryParse(tokens.Read(context, query, token), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? sequence
            : throw SecretsManagerErrors.BadNextToken();

    private static SecretVersionsListEntry Entry(SecretVersion version, string? defaultKeyArn) => new()
    {
        CreatedDate = version.CreatedDate,
        KmsKeyIds = [version.KmsKeyArn == defaultKeyArn ? SecretKeys.DefaultKeyName : version.KmsKeyArn!],
        LastAccessedDate = version.LastAccessedDate,
        VersionId = version.VersionId,
        VersionStages = version.Stages.IsEmpty ? null : version.Stages,
    };
}
