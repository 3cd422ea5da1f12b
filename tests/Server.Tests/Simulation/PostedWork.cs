namespace Rekey.Server.Tests.Simulation;

/// <summary>
/// Continuations that the runtime does not run inside what completes them, such as those of a delay that is cancelled. They stay on the
/// simulator's thread, in the order in which they were posted: elsewhere they would make a run differ from the next one of its seed.
/// </summary>
internal sealed class PostedWork : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();

    public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs what was posted, and what that posts.</summary>
    public void Run()
    {
        while (_posted.TryDequeue(out var work)) work.Callback(work.State);
    }
}
