using System.ComponentModel.DataAnnotations;

namespace Rekey.Server.Throttling;

/// <summary>
/// How many calls a second one principal may make in one region, by group of operations: section <c>Rekey:Throttling</c>. The rates are
/// AWS's; a pause saves up to one second's worth of calls. Counted by each node for itself.
/// </summary>
public sealed class ThrottlingOptions
{
    public const string Section = "Rekey:Throttling";

    private const int RateMax = 1_000_000;

    /// <summary>Off: no call is counted.</summary>
    public bool Enabled { get; set; }

    /// <summary>BatchGetSecretValue.</summary>
    [Range(1, RateMax)]
    public int BatchGetSecretValuePerSecond { get; set; } = Limits.BatchGetsPerSecond;

    /// <summary>CreateSecret.</summary>
    [Range(1, RateMax)]
    public int CreateSecretPerSecond { get; set; } = Limits.OtherCallsPerSecond;

    /// <summary>DeleteSecret.</summary>
    [Range(1, RateMax)]
    public int DeleteSecretPerSecond { get; set; } = Limits.OtherCallsPerSecond;

    /// <summary>DescribeSecret and GetSecretValue together.</summary>
    [Range(1, RateMax)]
    public int DescribeAndGetPerSecond { get; set; } = Limits.DescribesAndGetsPerSecond;

    /// <summary>GetRandomPassword.</summary>
    [Range(1, RateMax)]
    public int GetRandomPasswordPerSecond { get; set; } = Limits.OtherCallsPerSecond;

    /// <summary>ListSecrets.</summary>
    [Range(1, RateMax)]
    public int ListSecretsPerSecond { get; set; } = Limits.ListsPerSecond;

    /// <summary>ListSecretVersionIds.</summary>
    [Range(1, RateMax)]
    public int ListSecretVersionIdsPerSecond { get; set; } = Limits.OtherCallsPerSecond;

    /// <summary>PutSecretValue, UpdateSecret, UpdateSecretVersionStage and the three operations of replication together.</summary>
    [Range(1, RateMax)]
    public int PutUpdateAndReplicatePerSecond { get; set; } = Limits.OtherCallsPerSecond;

    /// <summary>The four operations of resource policies together.</summary>
    [Range(1, RateMax)]
    public int ResourcePolicyPerSecond { get; set; } = Limits.OtherCallsPerSecond;

    /// <summary>RestoreSecret.</summary>
    [Range(1, RateMax)]
    public int RestoreSecretPerSecond { get; set; } = Limits.OtherCallsPerSecond;

    /// <summary>RotateSecret and CancelRotateSecret together.</summary>
    [Range(1, RateMax)]
    public int RotateAndCancelPerSecond { get; set; } = Limits.OtherCallsPerSecond;

    /// <summary>TagResource and UntagResource together.</summary>
    [Range(1, RateMax)]
    public int TagAndUntagPerSecond { get; set; } = Limits.OtherCallsPerSecond;

    internal int RateOf(RateGroup group) => group switch
    {
        RateGroup.BatchGetSecretValue => BatchGetSecretValuePerSecond,
        RateGroup.CreateSecret => CreateSecretPerSecond,
        RateGroup.DeleteSecret => DeleteSecretPerSecond,
        RateGroup.DescribeAndGet => DescribeAndGetPerSecond,
        RateGroup.GetRandomPassword => GetRandomPasswordPerSecond,
        RateGroup.ListSecrets => ListSecretsPerSecond,
        RateGroup.ListSecretVersionIds => ListSecretVersionIdsPerSecond,
        RateGroup.PutUpdateAndReplicate => PutUpdateAndReplicatePerSecond,
        RateGroup.ResourcePolicy => ResourcePolicyPerSecond,
        RateGroup.RestoreSecret => RestoreSecretPerSecond,
        RateGroup.RotateAndCancel => RotateAndCancelPerSecond,
        RateGroup.TagAndUntag => TagAndUntagPerSecond,
        _ => throw new ArgumentOutOfRangeException(nameof(group)),
    };
}
