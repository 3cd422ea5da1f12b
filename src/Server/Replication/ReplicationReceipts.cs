using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>All SQL of the receipts.</summary>
internal static class ReplicationReceipts
{
    public static ReplicationReceipt? Find(Session session, string primaryArn, string region) => session.Find(
        "SELECT revision, outcome FROM replication_receipts WHERE primary_arn = @arn AND region = @region",
        row => new ReplicationReceipt(row.Number(0), Enum.Parse<ReceiptOutcome>(row.Text(1))), ("arn", primaryArn), ("region", region));

    public static void Write(Session session, string primaryArn, string region, ReplicationReceipt receipt) => session.Execute(
        """
        INSERT INTO replication_receipts (primary_arn, region, revision, outcome) VALUES (@arn, @region, @revision, @outcome)
        ON CONFLICT (primary_arn, region) DO UPDATE SET revision = excluded.revision, outcome = excluded.outcome
        """,
        ("arn", primaryArn), ("region", region), ("revision", receipt.Revision), ("outcome", receipt.Outcome.ToString()));
}
