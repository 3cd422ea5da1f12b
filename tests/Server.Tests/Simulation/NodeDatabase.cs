using Rekey.Server.Rotation;
using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Simulation;

/// <summary>
/// The store as one process sees it: writes may fail before or after their commit, take their time, or outlive the process.
/// </summary>
internal sealed class NodeDatabase(SimulatedNode node, SimulatedStore store, Simulation simulation) : IDatabase
{
    public bool IsExclusive => store.IsExclusive;

    public WriteStamps? Stamps => null;

    public CommitBell Bell => store.Bell;

    public T Read<T>(Func<Session, T> work)
    {
        node.DemandAlive();
        return store.Read(work);
    }

    public async Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        if (!node.IsAlive) return await Never.Of<T>();
        var fate = simulation.Faults.OfWrite();
        if (fate is WriteFate.Held) await simulation.Gates.HoldAsync(node, "write", CancellationToken.None);
        if (fate is WriteFate.FailsBefore) throw Failed("before");
        if (fate is WriteFate.CrashesBefore) return await CrashAsync<T>("before the commit");
        T result;
        try
        {
            result = simulation.Prober.Watched(store, work);
        }
        catch when (!node.IsAlive)
        {
            return await Never.Of<T>();
        }
        if (fate is WriteFate.FailsAfter) throw Failed("after");
        if (fate is WriteFate.CrashesAfter) return await CrashAsync<T>("after the commit");
        if (fate is WriteFate.HeldAfter) await simulation.Gates.HoldAsync(node, "write reply", CancellationToken.None);
        return result;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private StorageException Failed(string when)
    {
        simulation.Trace($"{node.Name} write fails {when} the commit");
        return new StorageException($"The write failed {when} the commit.");
    }

    private Task<T> CrashAsync<T>(string when)
    {
        node.Crash(when);
        return Never.Of<T>();
    }
}
