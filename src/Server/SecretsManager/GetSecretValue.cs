using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Rekey.Server.Protocols;

namespace Rekey.Server.SecretsManager;

internal sealed record GetSecretValueRequest
{
    public required string SecretId { get; init; }

    /// <summary>The version to read; absent: the one labelled <see cref="VersionStage"/>.</summary>
    public string? VersionId { get; init; }

    /// <summary>The label to read by; absent, and without a version: AWSCURRENT.</summary>
    public string? VersionStage { get; init; }
}

internal sealed record GetSecretValueResponse : IDisposable
{
    public required string ARN { get; init; }

    /// <summary>When the version was made.</summary>
    public required DateTimeOffset CreatedDate { get; init; }

    public required string Name { get; init; }

    [JsonConverter(typeof(SecretPayloadConverter))]
    public SecretPayload? SecretBinary { get; init; }

    [JsonConverter(typeof(SecretPayloadConverter))]
    public SecretPayload? SecretString { get; init; }

    public required string VersionId { get; init; }

    /// <summary>Absent when the version is deprecated.</summary>
    public ImmutableArray<string>? VersionStages { get; init; }

    public void Dispose()
    {
        SecretBinary?.Dispose();
        SecretString?.Dispose();
    }
}

/// <summary>
/// Reads a value, by default the one labelled AWSCURRENT. The plaintext exists only in the answer. Notes the day as LastAccessedDate.
/// Errors: ResourceNotFoundException (secret, version, label, or a version without a value), InvalidRequestException (marked for deletion;
/// the label is not on the version), DecryptionFailure. Source: AWS API reference, GetSecretValue; docs/compatibility.md.
/// </summary>
internal sealed class GetSecretValue(SecretValueReader reader) : IOperation<GetSecretValueRequest, GetSecretValueResponse>
{
    public ValueTask<GetSecretValueResponse> InvokeAsync(
        GetSecretValueRequest request, RequestContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(reader.Read(request, context));
}
