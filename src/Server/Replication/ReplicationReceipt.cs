namespace Rekey.Server.Replication;

/// <summary>
/// What the region of a replica took over last of one link. It is written with the change itself, so what arrives again or late changes
/// nothing; it outlives the replica, so that a late copy does not bring it back.
/// </summary>
internal sealed record ReplicationReceipt(long Revision, ReceiptOutcome Outcome);

internal enum ReceiptOutcome
{
    /// <summary>The replica is as the primary was at the revision.</summary>
    Applied,

    /// <summary>The replica was removed.</summary>
    Removed,

    /// <summary>The replica was promoted.</summary>
    Detached,
}
