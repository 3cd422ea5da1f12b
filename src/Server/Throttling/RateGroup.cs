using System.Collections.Frozen;

namespace Rekey.Server.Throttling;

/// <summary>
/// Operations that share one rate. Source: AWS Secrets Manager User Guide, "Quotas". An operation of no group is not limited.
/// </summary>
internal enum RateGroup
{
    BatchGetSecretValue,
    CreateSecret,
    DeleteSecret,
    DescribeAndGet,
    GetRandomPassword,
    ListSecrets,
    ListSecretVersionIds,
    PutUpdateAndReplicate,
    ResourcePolicy,
    RestoreSecret,
    RotateAndCancel,
    TagAndUntag,
}

internal static class RateGroups
{
    private static readonly FrozenDictionary<string, RateGroup> s_byAction = new (RateGroup Group, string[] Operations)[]
    {
        (RateGroup.BatchGetSecretValue, ["BatchGetSecretValue"]),
        (RateGroup.CreateSecret, ["CreateSecret"]),
        (RateGroup.DeleteSecret, ["DeleteSecret"]),
        (RateGroup.DescribeAndGet, ["DescribeSecret", "GetSecretValue"]),
        (RateGroup.GetRandomPassword, ["GetRandomPassword"]),
        (RateGroup.ListSecrets, ["ListSecrets"]),
        (RateGroup.ListSecretVersionIds, ["ListSecretVersionIds"]),
        (RateGroup.PutUpdateAndReplicate,
            ["PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage", "ReplicateSecretToRegions", "RemoveRegionsFromReplication",
                "StopReplicationToReplica"]),
        (RateGroup.ResourcePolicy, ["DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy", "ValidateResourcePolicy"]),
        (RateGroup.RestoreSecret, ["RestoreSecret"]),
        (RateGroup.RotateAndCancel, ["CancelRotateSecret", "RotateSecret"]),
        (RateGroup.TagAndUntag, ["TagResource", "UntagResource"]),
    }.SelectMany(row => row.Operations, (row, operation) => KeyValuePair.Create($"secretsmanager:{operation}", row.Group))
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The group of an IAM action (<c>service:Operation</c>), or null.</summary>
    public static RateGroup? Of(string action) => s_byAction.TryGetValue(action, out var group) ? group : null;
}
