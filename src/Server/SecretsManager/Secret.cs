using System.Collections.Immutable;

namespace Rekey.Server.SecretsManager;

/// <summary>A secret without its payloads: immutable, as loaded from the store in one read.</summary>
public sealed record Secret
{
    public required string Arn { get; init; }
    public required string Account { get; init; }
    public required string Region { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }

    /// <summary>The key as the caller named it; null for the default key.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>The key that seals new versions.</summary>
    public required string KmsKeyArn { get; init; }

    public string? Type { get; init; }

    /// <summary>Null when never tagged, empty after the last tag was removed.</summary>
    public ImmutableArray<Tag>? Tags { get; init; }

    /// <summary>The policy attached to the secret as compact JSON; null without one.</summary>
    public string? ResourcePolicy { get; init; }

    public required DateTimeOffset CreatedDate { get; init; }
    public required DateTimeOffset LastChangedDate { get; init; }

    /// <summary>A date: 00:00 UTC of the day of the last GetSecretValue.</summary>
    public DateTimeOffset? LastAccessedDate { get; init; }

    /// <summary>When DeleteSecret was called.</summary>
    public DateTimeOffset? DeletedDate { get; init; }

    /// <summary>End of the recovery window: when the secret is purged.</summary>
    public DateTimeOffset? PurgeDate { get; init; }

    /// <summary>Null when rotation was never configured, false after CancelRotateSecret or DeleteSecret.</summary>
    public bool? RotationEnabled { get; init; }

    public string? RotationLambdaArn { get; init; }
    public RotationRules? RotationRules { get; init; }
    public DateTimeOffset? LastRotatedDate { get; init; }

    /// <summary>The last second of the next rotation window.</summary>
    public DateTimeOffset? NextRotationDate { get; init; }

    /// <summary>When the scheduler starts the next rotation.</summary>
    public DateTimeOffset? RotationDueDate { get; init; }

    /// <summary>
    /// The region of the primary: another one's for a replica, its own for a secret that has replicas, null for one that is not replicated.
    /// </summary>
    public string? PrimaryRegion { get; init; }

    /// <summary>In order of creation, deprecated ones included.</summary>
    public ImmutableArray<SecretVersion> Versions { get; init; } = [];

    /// <summary>The rotation dates as callers see them: none while rotation is off.</summary>
    internal DateTimeOffset? ShownLastRotatedDate => RotationEnabled == true ? LastRotatedDate : null;

    /// <inheritdoc cref="ShownLastRotatedDate"/>
    internal DateTimeOffset? ShownNextRotationDate => RotationEnabled == true ? NextRotationDate : null;

    public bool IsScheduledForDeletion => DeletedDate is not null;

    /// <summary>A primary. Its changes are replicated.</summary>
    public bool HasReplicas => PrimaryRegion is not null && PrimaryRegion == Region;

    /// <summary>A copy of a secret in another region, written by replication alone.</summary>
    public bool IsReplica => PrimaryRegion is not null && PrimaryRegion != Region;

    /// <summary>The place of the next version in the order of creation.</summary>
    internal long NextSequence => Versions.IsEmpty ? 1 : Versions[^1].Sequence + 1;

    /// <summary>The staging labels of all versions.</summary>
    internal StagingLabels Labels => StagingLabels.Of(this);

    public SecretVersion? FindVersion(string versionId) => Versions.FirstOrDefault(version => version.VersionId == versionId);

    public SecretVersion? FindLabelled(string label) => Versions.FirstOrDefault(version => version.Stages.Contains(label));

    /// <summary>The same secret with its labels moved.</summary>
    internal Secret With(StagingLabels labels) =>
        this with { Versions = [.. Versions.Select(version => version with { Stages = labels.LabelsOf(version.VersionId) })] };

    /// <summary>The same secret with a version sealed under another key.</summary>
    internal Secret WithKey(string versionId, string kmsKeyArn) => this with
    {
        Versions = [.. Versions.Select(version => version.VersionId == versionId ? version with { KmsKeyArn = kmsKeyArn } : version)],
    };
}
