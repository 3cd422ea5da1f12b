namespace Rekey.Server.Tests.Simulation;

/// <summary>
/// Where work waits until the simulator lets it go on: a request or a reply that is under way. Continuations run inside
/// <see cref="Open"/>, so that there is one thread of control.
/// </summary>
internal sealed class Gates
{
    private readonly List<Waiter> _waiting = [];

    public IEnumerable<Waiter> Passable => _waiting.Where(waiter => waiter.Node is { IsAlive: true, IsPaused: false });

    public async Task HoldAsync(SimulatedNode node, string what, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter(node, what);
        _waiting.Add(waiter);
        using var registration = cancellationToken.Register(() =>
        {
            if (node.IsAlive && _waiting.Remove(waiter)) waiter.Completion.SetCanceled(cancellationToken);
        });
        await waiter.Completion.Task;
    }

    public void Open(Waiter waiter)
    {
        _waiting.Remove(waiter);
        waiter.Completion.SetResult();
    }

    public void Forget(SimulatedNode node) => _waiting.RemoveAll(waiter => waiter.Node == node);

    internal sealed class Waiter(SimulatedNode node, string what)
    {
        public SimulatedNode Node { get; } = node;

        public string What { get; } = what;

        public TaskCompletionSource Completion { get; } = new();
    }
}
