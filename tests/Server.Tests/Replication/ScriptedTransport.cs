using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rekey.Server.Replication;

namespace Rekey.Server.Tests.Replication;

/// <summary>The way to the regions of this store, that a test may block, hold up or let lose its answers.</summary>
internal sealed class ScriptedTransport(LocalTransport inner) : IReplicationTransport
{
    private const string Broken = "the line is broken";

    /// <summary>Nothing gets through.</summary>
    public volatile bool IsDown;

    /// <summary>What arrives takes effect, but the sender does not learn of it.</summary>
    public volatile bool LosesAnswers;

    /// <summary>Set: a snapshot waits for it on its way.</summary>
    public TaskCompletionSource? Hold { get; set; }

    /// <summary>The snapshots that were sent.</summary>
    public ConcurrentQueue<ReplicaSnapshot> Sent { get; } = new();

    public static void Install(IServiceCollection services) => services.Replace(
        ServiceDescriptor.Singleton<IReplicationTransport>(
            provider => new ScriptedTransport(ActivatorUtilities.CreateInstance<LocalTransport>(provider))));

    public async Task<ReplicationOutcome> ApplyAsync(ReplicaSnapshot snapshot, CancellationToken cancellationToken)
    {
        Sent.Enqueue(snapshot);
        if (Hold is { } hold) await hold.Task.WaitAsync(cancellationToken);
        if (IsDown) throw new IOException(Broken);
        var outcome = await inner.ApplyAsync(snapshot, cancellationToken);
        return LosesAnswers ? throw new IOException(Broken) : outcome;
    }

    public async Task RemoveAsync(ReplicationLink link, CancellationToken cancellationToken)
    {
        if (IsDown) throw new IOException(Broken);
        await inner.RemoveAsync(link, cancellationToken);
        if (LosesAnswers) throw new IOException(Broken);
    }

    public async Task DetachAsync(ReplicationLink link, CancellationToken cancellationToken)
    {
        if (IsDown) throw new IOException(Broken);
        await inner.DetachAsync(link, cancellationToken);
        if (LosesAnswers) throw new IOException(Broken);
    }
}
