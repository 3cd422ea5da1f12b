using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;

namespace Rekey.Server.Tests.Simulation;

/// <summary>On whose behalf the code that runs at this moment acts: it follows the flow of execution through every await.</summary>
internal sealed class RunContext(SimulatedNode node, RotationLease? lease)
{
    private static readonly AsyncLocal<RunContext?> s_current = new();

    static RunContext() => FaultPoint.Hook = static name => Current?.Node.Reach(name);

    public static RunContext? Current => s_current.Value;

    public SimulatedNode Node { get; } = node;

    /// <summary>The lease under which a rotation runs; null for the scheduler's own turns and for upkeep.</summary>
    public RotationLease? Lease { get; } = lease;

    /// <summary>The task of upkeep that runs; null for none.</summary>
    public UpkeepTask? Task { get; init; }

    /// <summary>The secret that is worked on.</summary>
    public string? SecretArn => Lease?.SecretArn ?? Task?.SecretArn;

    /// <summary>Refused logins by user, of the step that runs.</summary>
    public Dictionary<string, int> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>The simulator's step in which the rotation's step began.</summary>
    public long BeganAt { get; set; }

    /// <summary>Runs the work with a context of its own; what comes after the call has the old one.</summary>
    public static async System.Threading.Tasks.Task RunAsync(RunContext context, Func<System.Threading.Tasks.Task> work)
    {
        s_current.Value = context;
        await work();
    }
}

/// <summary>The process is gone: nothing that was about to happen happens.</summary>
internal sealed class NodeCrashException() : Exception("The node crashed.");

internal static class Never
{
    /// <summary>What a dead process waits for.</summary>
    public static Task<T> Of<T>() => new TaskCompletionSource<T>().Task;
}
