using Rekey.Aws;
using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>To a region that is kept in this store. Each message is one transaction.</summary>
internal sealed class LocalTransport(IDatabase database, ReplicaReceiver receiver, TimeProvider time) : IReplicationTransport
{
    /// <summary>What the region refuses (no such key, no room) is undone as a whole and told.</summary>
    public async Task<ReplicationOutcome> ApplyAsync(ReplicaSnapshot snapshot, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(session => receiver.Apply(session, snapshot, time.GetUtcNow()), cancellationToken);
        }
        catch (ServiceException refusal)
        {
            return ReplicationOutcome.Failed(refusal.Message);
        }
    }

    public Task RemoveAsync(ReplicationLink link, CancellationToken cancellationToken) => database.WriteAsync(
        session => ReplicaReceiver.Remove(session, link, time.GetUtcNow()), cancellationToken);

    public Task DetachAsync(ReplicationLink link, CancellationToken cancellationToken) => database.WriteAsync(
        session => Primary.Forget(session, link.PrimaryArn, link.Region, link.Revision), cancellationToken);
}
