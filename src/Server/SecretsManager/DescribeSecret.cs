using System.Collections.Immutable;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record DescribeSecretRequest
{
    public required string SecretId { get; init; }
}

internal sealed record DescribeSecretResponse
{
    public required string ARN { get; init; }
    public DateTimeOffset CreatedDate { get; init; }

    /// <summary>When DeleteSecret was called, not when the secret will be purged.</summary>
    public DateTimeOffset? DeletedDate { get; init; }

    public string? Description { get; init; }

    /// <summary>The key as it was given; absent for the default key.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>00:00 UTC of the day.</summary>
    public DateTimeOffset? LastAccessedDate { get; init; }

    public DateTimeOffset? LastChangedDate { get; init; }
    public DateTimeOffset? LastRotatedDate { get; init; }
    public required string Name { get; init; }
    public DateTimeOffset? NextRotationDate { get; init; }

    /// <summary>Only of replicated secrets: the primary's region, on the primary and on its replicas.</summary>
    public string? PrimaryRegion { get; init; }

    /// <summary>The replicas by region; only of a primary.</summary>
    public IReadOnlyList<ReplicationStatusEntry>? ReplicationStatus { get; init; }

    public bool? RotationEnabled { get; init; }
    public string? RotationLambdaARN { get; init; }
    public RotationRules? RotationRules { get; init; }

    /// <summary>Absent when never tagged, empty after the last tag was removed.</summary>
    public ImmutableArray<Tag>? Tags { get; init; }

    public string? Type { get; init; }

    /// <summary>Labels by version, deprecated versions left out; absent when no version has a label.</summary>
    public Dictionary<string, ImmutableArray<string>>? VersionIdsToStages { get; init; }
}

/// <summary>
/// Everything about a secret but its value; members without a value are left out. Works on a secret that is scheduled for deletion.
/// Reads one snapshot. Errors: ResourceNotFoundException. Source: AWS API reference, DescribeSecret; docs/compatibility.md.
/// </summary>
internal sealed class DescribeSecret(IDatabase database, AccessDays accessDays) : IOperation<DescribeSecretRequest, DescribeSecretResponse>
{
    public async ValueTask<DescribeSecretResponse> InvokeAsync(
        DescribeSecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        await accessDays.FlushAsync(cancellationToken);
        return database.Read(session => Describe(session, context, id));
    }

    private static DescribeSecretResponse Describe(Session session, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.Demand(session, context, id);
        var replicas = secret.HasReplicas ? ReplicaRegions.Show(session, secret.Arn) : [];
        var stages = secret.Versions.Where(version => !version.Stages.IsEmpty)
            .ToDictionary(version => version.VersionId, version => version.Stages);
        return new DescribeSecretResponse
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
            PrimaryRegion = secret.IsReplica || replicas.Count > 0 ? secret.PrimaryRegion : null,
            ReplicationStatus = replicas.Count > 0 ? replicas : null,
            RotationEnabled = secret.RotationEnabled,
            RotationLambdaARN = secret.RotationLambdaArn,
            RotationRules = secret.RotationRules,
            Tags = secret.Tags,
            Type = secret.Type,
            VersionIdsToStages = stages.Count == 0 ? null : stages,
        };
    }
}
