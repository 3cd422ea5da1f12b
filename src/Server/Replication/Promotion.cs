using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>The end of a link from the replica's side, in the transaction that makes the replica a secret of its own.</summary>
internal static class Promotion
{
    /// <summary>From now on the region takes nothing of this link any more, and the primary shall be told.</summary>
    public static void Record(Session session, Secret replica)
    {
        var primaryArn = ReplicationLink.ArnIn(replica.Arn, replica.PrimaryRegion!);
        var taken = ReplicationReceipts.Find(session, primaryArn, replica.Region)!.Revision;
        // Where the primary is in the same store, what is on its way and still unseen is known too.
        var revision = Math.Max(taken, ReplicationLinks.Find(session, primaryArn, replica.Region)?.Revision ?? 0);
        ReplicationReceipts.Write(session, primaryArn, replica.Region, new ReplicationReceipt(revision, ReceiptOutcome.Detached));
        ReplicationLinks.Detach(session, primaryArn, replica.Region, revision);
    }
}
