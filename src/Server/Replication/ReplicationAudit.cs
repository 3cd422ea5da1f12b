using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>The service's own events about replication, in the transaction of what they tell of.</summary>
internal static class ReplicationAudit
{
    /// <summary>A replica was made or changed. Recorded in its region.</summary>
    public static void Succeeded(Session session, ReplicaSnapshot snapshot, DateTimeOffset now) =>
        AuditLog.RecordEvent(session, Event("ReplicationSucceeded", snapshot.Secret, snapshot.Link.Region, snapshot.Link.ReplicaArn, now));

    /// <summary>A region refused a replica. Recorded in the primary's region.</summary>
    public static void Failed(Session session, Secret primary, string? message, DateTimeOffset now) => AuditLog.RecordEvent(
        session, Event("ReplicationFailed", primary, primary.Region, primary.Arn, now) with { ErrorMessage = message });

    private static ServiceEvent Event(string name, Secret secret, string region, string resourceArn, DateTimeOffset now) => new()
    {
        Time = now,
        Account = secret.Account,
        Region = region,
        Name = name,
        ResourceArn = resourceArn,
        RequestId = RequestIds.New(),
    };
}
