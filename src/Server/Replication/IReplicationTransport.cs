namespace Rekey.Server.Replication;

/// <summary>
/// The way from one region to another. <see cref="LocalTransport"/> reaches the regions that share this store; one to another deployment
/// would carry the same three messages. Each may arrive more than once, late, and after newer ones: the receiver goes by the revision and
/// ignores what it has seen. An exception means that it may or may not have arrived, and it is sent again.
/// </summary>
internal interface IReplicationTransport
{
    /// <summary>Makes the replica what the snapshot shows.</summary>
    Task<ReplicationOutcome> ApplyAsync(ReplicaSnapshot snapshot, CancellationToken cancellationToken);

    /// <summary>Removes the replica, unless it was promoted.</summary>
    Task RemoveAsync(ReplicationLink link, CancellationToken cancellationToken);

    /// <summary>Tells the primary's region that the replica was promoted.</summary>
    Task DetachAsync(ReplicationLink link, CancellationToken cancellationToken);
}
