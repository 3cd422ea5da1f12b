using System.Text.Json.Serialization;
using Rekey.Aws;
using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record PutSecretValueRequest : IDisposable
{
    public required string SecretId { get; init; }

    /// <summary>32 to 64 characters; becomes the VersionId. Required, though the model says otherwise: SDKs fill it in.</summary>
    public string? ClientRequestToken { get; init; }

    [JsonConverter(typeof(SensitiveBlobConverter))]
    public Sensitive? SecretBinary { get; init; }

    [JsonConverter(typeof(SensitiveTextConverter))]
    public Sensitive? SecretString { get; init; }

    /// <summary>1 to 20 labels for the version; without them AWSCURRENT.</summary>
    public IReadOnlyList<string>? VersionStages { get; init; }

    /// <summary>The token that the rotation in progress gave to its function; ClientRequestToken must be the version it makes.</summary>
    [JsonConverter(typeof(SensitiveTextConverter))]
    public Sensitive? RotationToken { get; init; }

    public void Dispose()
    {
        SecretBinary?.Dispose();
        SecretString?.Dispose();
        RotationToken?.Dispose();
    }
}

internal sealed record PutSecretValueResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }
    public required string VersionId { get; init; }

    /// <summary>The labels that are now on the version.</summary>
    public IReadOnlyList<string>? VersionStages { get; init; }
}

/// <summary>
/// Stores a value as a new version, or as the first value of a rotation's placeholder, and moves the labels asked for. A value that becomes
/// AWSCURRENT by hand ends a rotation in progress. The same token with the same value is a repeat and changes nothing.
/// One transaction, refused when it comes from a rotation that has lost its lease. Errors: InvalidRequestException (no token, no value,
/// marked for deletion, rotation token), InvalidParameterException (two values), ResourceExistsException (token in use),
/// ResourceNotFoundException, LimitExceededException (labels, versions). Source: AWS API reference, PutSecretValue; docs/compatibility.md.
/// </summary>
internal sealed class PutSecretValue(
    IDatabase database, SecretValues values, RotationTokens rotationTokens, ManualChange manualChange)
    : IOperation<PutSecretValueRequest, PutSecretValueResponse>
{
    public async ValueTask<PutSecretValueResponse> InvokeAsync(
        PutSecretValueRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        var token = request.ClientRequestToken ?? throw SecretsManagerErrors.TokenMissing();
        return await database.WriteAsync(session => Put(session, request, context, id, token), cancellationToken);
    }

    private PutSecretValueResponse Put(
        Session session, PutSecretValueRequest request, RequestContext context, SecretIdentifier id, string token)
    {
        var secret = SecretAccess.DemandWritable(session, context, id);
        RotationQueue.DemandLease(session, context.Lease);
        if (request.RotationToken is { } given && !rotationTokens.IsOf(session, secret.Arn, token, given))
            throw SecretsManagerErrors.RotationTokenMismatch();
        using var payload = SecretPayload.OneOf(request.SecretString, request.SecretBinary) ?? throw SecretsManagerErrors.ValueMissing();
        if (!values.IsRepeat(session, secret, token, payload))
        {
            var changed = values.Add(session, secret, token, payload, request.VersionStages, context.Time);
            changed = manualChange.Apply(session, context, secret, changed) with { LastChangedDate = context.Time };
            SecretStore.Update(session, changed);
            secret = changed;
        }
        AuditLog.Record(session, context);
        var stages = secret.FindVersion(token)!.Stages;
        return new PutSecretValueResponse
        {
            ARN = secret.Arn,
            Name = secret.Name,
            VersionId = token,
            VersionStages = stages.IsEmpty ? null : stages,
        };
    }
}
