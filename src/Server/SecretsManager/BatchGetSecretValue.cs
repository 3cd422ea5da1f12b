using System.Text.Json;
using Rekey.Aws;
using Rekey.Server.Audit;
using Rekey.Server.Authorization;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record BatchGetSecretValueRequest
{
    /// <summary>As for ListSecrets, at most 10; instead of SecretIdList.</summary>
    public IReadOnlyList<FilterEntry>? Filters { get; init; }

    /// <summary>1 to 20, only with Filters; default 20.</summary>
    public int? MaxResults { get; init; }

    public string? NextToken { get; init; }

    /// <summary>1 to 20 names or ARNs.</summary>
    public IReadOnlyList<string>? SecretIdList { get; init; }
}

/// <summary>A secret that could not be read, and why.</summary>
internal sealed record BatchError
{
    public required string ErrorCode { get; init; }
    public required string Message { get; init; }

    /// <summary>As asked for; the ARN when a filter found it.</summary>
    public required string SecretId { get; init; }
}

internal sealed record BatchGetSecretValueResponse : IDisposable
{
    /// <summary>Empty when every secret was read.</summary>
    public required IReadOnlyList<BatchError> Errors { get; init; }

    public string? NextToken { get; init; }

    /// <summary>In the order asked for; with Filters by creation.</summary>
    public required IReadOnlyList<GetSecretValueResponse> SecretValues { get; init; }

    public void Dispose()
    {
        foreach (var value in SecretValues) value.Dispose();
    }
}

/// <summary>
/// Reads the AWSCURRENT values of up to 20 secrets: those named, or a page of those that the filters match. Each secret is authorised,
/// read and recorded as by GetSecretValue; one that cannot be read is an entry of Errors and costs the caller no other.
/// Each value is read by itself: they are no snapshot of one moment. Errors: InvalidParameterException (neither or both of SecretIdList and
/// Filters, MaxResults without Filters, filters), InvalidNextTokenException. Source: AWS API reference, BatchGetSecretValue;
/// docs/compatibility.md.
/// </summary>
internal sealed class BatchGetSecretValue(IDatabase database, SecretValueReader reader, PageTokens tokens, AuditSpool audit)
    : IOperation<BatchGetSecretValueRequest, BatchGetSecretValueResponse>
{
    private const string ReadAction = "secretsmanager:GetSecretValue";
    private const string ListAction = "secretsmanager:ListSecrets";

    /// <summary>Filters find active secrets in order of creation, as ListSecrets does when nothing else is asked for.</summary>
    private static readonly SecretListing s_listing = new(SecretSort.CreatedDate, isDescending: false, includePlannedDeletion: false);

    public async ValueTask<BatchGetSecretValueResponse> InvokeAsync(
        BatchGetSecretValueRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        Authorizer.Demand(context);
        var (secretIds, nextToken) = Find(request, context);
        var values = new List<GetSecretValueResponse>(secretIds.Count);
        var errors = new List<BatchError>();
        try
        {
            foreach (var secretId in secretIds) await ReadAsync(secretId, context, values, errors);
        }
        catch
        {
            values.ForEach(value => value.Dispose());
            throw;
        }
        return new BatchGetSecretValueResponse { Errors = errors, NextToken = nextToken, SecretValues = values };
    }

    private (IReadOnlyList<string> SecretIds, string? NextToken) Find(BatchGetSecretValueRequest request, RequestContext context)
    {
        var hasFilters = request.Filters is { Count: > 0 };
        if (hasFilters && request.SecretIdList is not null) throw SecretsManagerErrors.EitherIdsOrFilters();
        if (hasFilters) return Search(request, context);
        if (request.MaxResults is not null) throw SecretsManagerErrors.MaxResultsWithoutFilters();
        if (request.SecretIdList is null) throw SecretsManagerErrors.EitherIdsOrFilters();
        // Only pages of a search have a next one.
        if (request.NextToken is not null) throw SecretsManagerErrors.BadNextToken();
        return (request.SecretIdList, null);
    }

    private (IReadOnlyList<string> SecretIds, string? NextToken) Search(BatchGetSecretValueRequest request, RequestContext context)
    {
        Authorizer.Demand(context.ForPart(ListAction));
        var filters = SecretFilters.Parse(request.Filters);
        var same = request with { MaxResults = null, NextToken = null };
        var identity = JsonSerializer.Serialize(same, SecretsManagerJson.Default.BatchGetSecretValueRequest);
        var start = s_listing.ReadToken(tokens, context, identity, request.NextToken);
        var page = database.Read(session => s_listing.ReadPage(
            session, context.Account, context.Region, filters, request.MaxResults ?? Limits.BatchPageSizeMax, start));
        return (page.Secrets.ConvertAll(secret => secret.Arn), SecretListing.WriteToken(tokens, context, identity, page.End));
    }

    /// <summary>Reads one secret. Its record is safe before the answer can leave; when it cannot be made, the whole call fails.</summary>
    private async ValueTask ReadAsync(
        string secretId, RequestContext context, List<GetSecretValueResponse> values, List<BatchError> errors)
    {
        var part = context.ForPart(ReadAction);
        ServiceException? failure = null;
        try
        {
            values.Add(reader.Read(new GetSecretValueRequest { SecretId = secretId }, part));
        }
        catch (ServiceException refusal) when (!refusal.Shape.IsServerFault)
        {
            failure = refusal;
            errors.Add(new BatchError { ErrorCode = refusal.Shape.Code, Message = refusal.Message, SecretId = secretId });
        }
        await audit.WritePartAsync(part, failure);
    }
}
