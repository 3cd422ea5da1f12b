using System.Text.Json.Serialization;
using Rekey.Aws;
using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record UpdateSecretRequest : IDisposable
{
    public required string SecretId { get; init; }

    /// <summary>32 to 64 characters; becomes the VersionId of a new value. Required even without one: SDKs fill it in.</summary>
    public string? ClientRequestToken { get; init; }

    /// <summary>"" removes the description.</summary>
    public string? Description { get; init; }

    /// <summary>"" means the default key.</summary>
    public string? KmsKeyId { get; init; }

    [JsonConverter(typeof(SensitiveBlobConverter))]
    public Sensitive? SecretBinary { get; init; }

    [JsonConverter(typeof(SensitiveTextConverter))]
    public Sensitive? SecretString { get; init; }

    public string? Type { get; init; }

    public void Dispose()
    {
        SecretBinary?.Dispose();
        SecretString?.Dispose();
    }
}

internal sealed record UpdateSecretResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }

    /// <summary>Absent when no value was given.</summary>
    public string? VersionId { get; init; }
}

/// <summary>
/// Changes what is given: description, key, type, and the value, which becomes a new version labelled AWSCURRENT and ends a rotation in
/// progress. Another key seals the versions labelled AWSCURRENT, AWSPENDING and AWSPREVIOUS anew. Never touches tags or rotation rules.
/// One transaction. Errors: InvalidRequestException (no token, marked for deletion), InvalidParameterException (two values, key),
/// ResourceExistsException (token in use), ResourceNotFoundException, LimitExceededException. Source: AWS API reference, UpdateSecret;
/// docs/compatibility.md.
/// </summary>
internal sealed class UpdateSecret(IDatabase database, SecretKeys keys, SecretValues values, ManualChange manualChange)
    : IOperation<UpdateSecretRequest, UpdateSecretResponse>
{
    public async ValueTask<UpdateSecretResponse> InvokeAsync(
        UpdateSecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        var token = request.ClientRequestToken ?? throw SecretsManagerErrors.TokenMissing();
        return await database.WriteAsync(session => Update(session, request, context, id, token), cancellationToken);
    }

    private UpdateSecretResponse Update(
        Session session, UpdateSecretRequest request, RequestContext context, SecretIdentifier id, string token)
    {
        var secret = SecretAccess.DemandWritable(session, context, id, request);
        RotationQueue.DemandLease(session, context.Lease);
        using var payload = SecretPayload.OneOf(request.SecretString, request.SecretBinary);

        var changed = WithMetadata(session, secret, request, context);
        if (payload is not null && !values.IsRepeat(session, secret, token, payload))
        {
            var withValue = values.Add(session, changed, token, payload, stages: null, context.Time);
            changed = manualChange.Apply(session, context, changed, withValue);
        }
        // A repeat leaves the same record, and LastChangedDate with it.
        if (!ReferenceEquals(changed, secret)) SecretStore.Update(session, changed with { LastChangedDate = context.Time });
        AuditLog.Record(session, context);
        return new UpdateSecretResponse { ARN = secret.Arn, Name = secret.Name, VersionId = payload is null ? null : token };
    }

    /// <summary>
    /// The secret with what was given; the same object when nothing differs. Only a key that is given reaches the versions there are.
    /// </summary>
    private Secret WithMetadata(Session session, Secret secret, UpdateSecretRequest request, RequestContext context)
    {
        var changed = secret with
        {
            Description = Replace(secret.Description, request.Description),
            KmsKeyId = Replace(secret.KmsKeyId, request.KmsKeyId),
            KmsKeyArn = request.KmsKeyId is null
                ? secret.KmsKeyArn
                : keys.Resolve(session, secret.Account, secret.Region, request.KmsKeyId, context.Time),
            Type = Replace(secret.Type, request.Type),
        };
        if (request.KmsKeyId is not null) changed = values.Reseal(session, changed);
        return changed == secret ? secret : changed;
    }

    private static string? Replace(string? stored, string? given) => given switch
    {
        null => stored,
        "" => null,
        _ => given,
    };
}
