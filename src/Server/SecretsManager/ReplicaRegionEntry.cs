namespace Rekey.Server.SecretsManager;

/// <summary>A region to replicate to, as a caller sends it: the model requires neither member.</summary>
internal sealed record ReplicaRegionEntry
{
    /// <summary>Key id, key ARN, alias name or alias ARN in that region; absent: its default key.</summary>
    public string? KmsKeyId { get; init; }

    public string? Region { get; init; }
}

/// <summary>What a primary tells of one replica.</summary>
internal sealed record ReplicationStatusEntry
{
    /// <summary>As it was given, else the alias of the default key.</summary>
    public required string KmsKeyId { get; init; }

    /// <summary>When the replica itself was last read: 00:00 UTC of the day.</summary>
    public DateTimeOffset? LastAccessedDate { get; init; }

    public required string Region { get; init; }

    /// <summary>InProgress, InSync or Failed.</summary>
    public required string Status { get; init; }

    /// <summary>Absent while in progress.</summary>
    public string? StatusMessage { get; init; }
}
