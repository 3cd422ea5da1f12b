namespace Rekey.Server.Replication;

/// <summary>What a receiver says to a snapshot.</summary>
/// <param name="Status">InSync or Failed; null when the replica was promoted and takes nothing any more.</param>
/// <param name="Message">What callers read beside the status.</param>
internal sealed record ReplicationOutcome(ReplicationStatus? Status, string? Message)
{
    /// <summary>The replica is as the snapshot shows, or newer. Text: AWS.</summary>
    public static ReplicationOutcome InSync { get; } = new(ReplicationStatus.InSync, "Replication succeeded");

    public static ReplicationOutcome Detached { get; } = new(null, null);

    /// <summary>The region cannot have the replica as things are; trying again by itself would not help. Its beginning is AWS's.</summary>
    public static ReplicationOutcome Failed(string reason) => new(ReplicationStatus.Failed, $"Replication failed: {reason}");

    /// <summary>Text: AWS.</summary>
    public static ReplicationOutcome NameTaken(string name, string region) =>
        Failed($"Secret name {name} already exists in region {region}.");
}
