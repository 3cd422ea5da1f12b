using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Rekey.Aws;
using Rekey.Server.Audit;
using Rekey.Server.Authorization;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record CreateSecretRequest : IDisposable
{
    public required string Name { get; init; }

    /// <summary>32 to 64 characters; becomes the VersionId. Required, though the model says otherwise: SDKs fill it in.</summary>
    public string? ClientRequestToken { get; init; }

    public string? Description { get; init; }
    public string? KmsKeyId { get; init; }

    [JsonConverter(typeof(SensitiveBlobConverter))]
    public Sensitive? SecretBinary { get; init; }

    [JsonConverter(typeof(SensitiveTextConverter))]
    public Sensitive? SecretString { get; init; }

    public IReadOnlyList<TagEntry>? Tags { get; init; }
    public IReadOnlyList<ReplicaRegionEntry>? AddReplicaRegions { get; init; }
    public bool? ForceOverwriteReplicaSecret { get; init; }
    public string? Type { get; init; }

    public void Dispose()
    {
        SecretBinary?.Dispose();
        SecretString?.Dispose();
    }
}

internal sealed record CreateSecretResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }

    /// <summary>The replicas by region; absent when none was asked for.</summary>
    public IReadOnlyList<ReplicationStatusEntry>? ReplicationStatus { get; init; }

    /// <summary>Absent when the secret was created without a value.</summary>
    public string? VersionId { get; init; }
}

/// <summary>
/// Makes a secret, with a first version labelled AWSCURRENT when a value is given. The ARN ends in six random characters, so that a secret
/// made again under the same name is another one. The same token with the same value is a repeat: it answers the same and changes nothing.
/// Replication to other regions follows the call, as with ReplicateSecretToRegions.
/// One transaction. Errors: ValidationException (name), InvalidRequestException (no token; name scheduled for deletion),
/// ResourceExistsException (name or token in use), InvalidParameterException (two values, tags, key, replica region),
/// LimitExceededException, AccessDeniedException (overwriting). Source: AWS API reference, CreateSecret; docs/compatibility.md.
/// </summary>
internal sealed class CreateSecret(
    IDatabase database, SecretKeys keys, SecretValues values, SecretQuota quota, ReplicaRegions regions,
    IOptions<QuotaOptions> quotas)
    : IOperation<CreateSecretRequest, CreateSecretResponse>
{
    public async ValueTask<CreateSecretResponse> InvokeAsync(
        CreateSecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        SecretIdentifier.DemandName(request.Name);
        var token = request.ClientRequestToken ?? throw SecretsManagerErrors.TokenMissing();
        var arn = SecretIdentifier.NewArn(context.Account, context.Region, request.Name);
        return await database.WriteAsync(session => Create(session, request, context, token, arn), cancellationToken);
    }

    private CreateSecretResponse Create(Session session, CreateSecretRequest request, RequestContext context, string token, string arn)
    {
        var existing = SecretStore.FindByName(session, context.Account, context.Region, request.Name);
        Authorizer.Demand(context, existing?.Arn ?? arn, request.Name);
        if (existing?.IsScheduledForDeletion == true) throw SecretsManagerErrors.NameScheduledForDeletion();
        using var payload = SecretPayload.OneOf(request.SecretString, request.SecretBinary);
        if (existing is not null) DemandRepeat(session, existing, token, payload);
        var replicas = request.AddReplicaRegions is { Count: > 0 } given ? given : null;
        if (replicas is not null) regions.Demand(context.Region, replicas);

        var secret = existing ?? New(session, request, context, arn) with { PrimaryRegion = replicas is null ? null : context.Region };
        if (existing is null)
        {
            quota.DemandRoom(session, context.Account, context.Region);
            SecretStore.Insert(session, secret);
            if (payload is not null) values.Add(session, secret, token, payload, stages: null, context.Time);
            if (replicas is not null) ReplicaRegions.Add(session, context, secret, replicas, request.ForceOverwriteReplicaSecret == true);
        }
        AuditLog.Record(session, context);
        return new CreateSecretResponse
        {
            ARN = secret.Arn,
            Name = secret.Name,
            ReplicationStatus = replicas is null ? null : ReplicaRegions.Show(session, secret.Arn),
            VersionId = payload is null ? null : token,
        };
    }

    /// <summary>Throws unless the call repeats the one that made the secret.</summary>
    private void DemandRepeat(Session session, Secret existing, string token, SecretPayload? payload)
    {
        // A replica has the primary's tokens, but no call to this region made it.
        if (existing.IsReplica) throw SecretsManagerErrors.NameTaken(existing.Name);
        if (payload is null || !values.IsRepeat(session, existing, token, payload)) throw SecretsManagerErrors.NameTaken(existing.Name);
    }

    private Secret New(Session session, CreateSecretRequest request, RequestContext context, string arn) => new()
    {
        Arn = arn,
        Account = context.Account,
        Region = context.Region,
        Name = request.Name,
        Description = Given(request.Description),
        KmsKeyId = Given(request.KmsKeyId),
        KmsKeyArn = keys.Resolve(session, context.Account, context.Region, request.KmsKeyId, context.Time),
        Type = Given(request.Type),
        Tags = TagSet.Merge(null, request.Tags, quotas.Value.TagsPerSecret),
        CreatedDate = context.Time,
        LastChangedDate = context.Time,
    };

    /// <summary>An empty text is stored as none, because it is shown as none.</summary>
    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
