using Microsoft.Extensions.Logging;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>
/// Brings one intent to its region and writes down what came of it. The process may die between any two lines: the intent is still due
/// then, and what has arrived already is ignored when it arrives again.
/// </summary>
internal sealed class ReplicationDelivery(
    IDatabase database, EnvelopeCipher cipher, IReplicationTransport transport, TimeProvider time, ILogger<ReplicationDelivery> logger)
{
    public async Task DeliverAsync(ReplicationLink due, CancellationToken cancellationToken)
    {
        try
        {
            await (due.Intent switch
            {
                ReplicationIntent.Apply => ApplyAsync(due, cancellationToken),
                ReplicationIntent.Remove => RemoveAsync(due, cancellationToken),
                _ => DetachAsync(due, cancellationToken),
            });
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // The text of an unknown exception may hold anything; its type cannot.
            var pause = PauseAfter(due.Attempt);
            Log.DeliveryFailed(logger, due.PrimaryArn, due.Region, failure.GetType().Name, pause.TotalSeconds);
            await database.WriteAsync(session => Postpone(session, due, time.GetUtcNow() + pause), cancellationToken);
        }
    }

    private async Task ApplyAsync(ReplicationLink due, CancellationToken cancellationToken)
    {
        if (database.Read(session => ReplicaSnapshot.Take(session, cipher, due.PrimaryArn, due.Region)) is not { } snapshot) return;
        FaultPoint.Reach("replication.taken");
        var outcome = await transport.ApplyAsync(snapshot, cancellationToken);
        FaultPoint.Reach("replication.applied");
        await database.WriteAsync(session => Acknowledge(session, snapshot, outcome), cancellationToken);
        FaultPoint.Reach("replication.acknowledged");
        if (outcome.Status == ReplicationStatus.Failed) Log.ReplicationFailed(logger, due.PrimaryArn, due.Region, outcome.Message!);
    }

    private async Task RemoveAsync(ReplicationLink due, CancellationToken cancellationToken)
    {
        await transport.RemoveAsync(due, cancellationToken);
        FaultPoint.Reach("replication.removed");
        await database.WriteAsync(session => Acknowledge(session, due), cancellationToken);
    }

    private async Task DetachAsync(ReplicationLink due, CancellationToken cancellationToken)
    {
        await transport.DetachAsync(due, cancellationToken);
        FaultPoint.Reach("replication.detached");
        await database.WriteAsync(session => Acknowledge(session, due), cancellationToken);
    }

    private bool Acknowledge(Session session, ReplicaSnapshot snapshot, ReplicationOutcome outcome)
    {
        var link = snapshot.Link;
        if (outcome.Status is not { } status) return Primary.Forget(session, link.PrimaryArn, link.Region, link.Revision);
        ReplicationLinks.Acknowledge(session, link, status, outcome.Message);
        if (status == ReplicationStatus.Failed)
            ReplicationAudit.Failed(session, snapshot.Secret, outcome.Message, time.GetUtcNow());
        return true;
    }

    private static bool Acknowledge(Session session, ReplicationLink link)
    {
        ReplicationLinks.Acknowledge(session, link, link.Status, message: null);
        return true;
    }

    private static bool Postpone(Session session, ReplicationLink link, DateTimeOffset until)
    {
        ReplicationLinks.Postpone(session, link, until);
        return true;
    }

    /// <summary>Twice as long after each attempt, up to a bound. It is never given up: nothing but its delivery ends an intent.</summary>
    private static TimeSpan PauseAfter(int attempts)
    {
        var pause = Limits.ReplicationRetryDelay * Math.Pow(2, Math.Min(attempts, 30));
        return pause < Limits.ReplicationRetryDelayMax ? pause : Limits.ReplicationRetryDelayMax;
    }
}
