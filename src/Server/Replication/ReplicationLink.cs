using Rekey.Aws;
using Rekey.Server.Kms;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Replication;

/// <summary>
/// What is wanted of one replica, and what came of it: one row per primary and region. State, not a list of changes: whatever the primary
/// went through, one delivery of its newest state is enough.
/// </summary>
internal sealed record ReplicationLink
{
    public required string PrimaryArn { get; init; }

    /// <summary>The replica's region.</summary>
    public required string Region { get; init; }

    public required ReplicationIntent Intent { get; init; }

    /// <summary>The revision with which the region was added. What has a smaller one belongs to an earlier link.</summary>
    public required long SinceRevision { get; init; }

    /// <summary>Raised with every change of the primary, in the same transaction; never falls, also from one link to the next.</summary>
    public required long Revision { get; init; }

    /// <summary>As the caller gave it; null for the default key of the replica's region.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>A secret of the same name in the region may be replaced. Good for one answer of the region.</summary>
    public bool ForceOverwrite { get; init; }

    public required ReplicationStatus Status { get; init; }

    public string? StatusMessage { get; init; }

    /// <summary>Deliveries of this revision that did not get through.</summary>
    public int Attempt { get; init; }

    /// <summary>When to deliver; null: delivered.</summary>
    public DateTimeOffset? DueDate { get; init; }

    /// <summary>The key as callers see it.</summary>
    public string ShownKmsKeyId => KmsKeyId ?? KmsKeyStore.DefaultAlias;

    public string ReplicaArn => ArnIn(PrimaryArn, Region);

    public string PrimaryRegion => Arn.TryParse(PrimaryArn, out var arn) ? arn.Region : throw new InvalidOperationException("Not an ARN.");

    /// <summary>
    /// True for this link's own replica. After a promotion two primaries have ARNs with the same random end, and replicas of either would
    /// have the same ARN: whose one is, its primary region says.
    /// </summary>
    public bool Owns(Secret secret) => secret.Arn == ReplicaArn && secret.PrimaryRegion == PrimaryRegion;

    /// <summary>The same secret's ARN in another region: the random end stays.</summary>
    public static string ArnIn(string arn, string region) => Arn.TryParse(arn, out var parsed)
        ? (parsed with { Region = region }).ToString()
        : throw new ArgumentException("Not an ARN.", nameof(arn));
}

/// <summary>What is to be brought about.</summary>
internal enum ReplicationIntent
{
    /// <summary>The replica shall be as the primary is. Travels to the replica's region.</summary>
    Apply,

    /// <summary>The replica shall be gone. Travels to the replica's region.</summary>
    Remove,

    /// <summary>The replica was promoted: the primary shall forget it. Travels to the primary's region.</summary>
    Detach,
}

/// <summary>AWS's words.</summary>
internal enum ReplicationStatus
{
    InProgress,
    InSync,
    Failed,
}
