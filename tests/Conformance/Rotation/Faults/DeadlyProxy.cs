using Rekey.Conformance.Engines;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>
/// Stands before a database that dies at a message. Whoever connects from then on is kept waiting, as by a load balancer, until it is back.
/// </summary>
internal sealed class DeadlyProxy : IAsyncDisposable
{
    private const int Never = int.MaxValue;

    private readonly ManualResetEventSlim _serves = new(initialState: true);
    private readonly TcpProxy _proxy;
    private TaskCompletionSource _died = new();
    private int _seen;
    private int _fatal = Never;

    public DeadlyProxy(int serverPort, CancellationToken stop)
    {
        _proxy = new TcpProxy(
            _ =>
            {
                _serves.Wait(stop);
                return serverPort;
            },
            (_, _) => Look());
    }

    public int Port => _proxy.Port;

    /// <summary>Messages since it was armed last.</summary>
    public int Seen => Volatile.Read(ref _seen);

    /// <summary>The database gets that message, counted from 1, and nobody gets its answer.</summary>
    /// <returns>Ends when the message has come: time to kill the database.</returns>
    public Task ArmAt(int message)
    {
        _died = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _seen, 0);
        Volatile.Write(ref _fatal, message);
        return _died.Task;
    }

    public void Revive()
    {
        Volatile.Write(ref _fatal, Never);
        _serves.Set();
    }

    public async ValueTask DisposeAsync()
    {
        _serves.Set();
        await _proxy.DisposeAsync();
        _serves.Dispose();
    }

    private TcpProxy.Cut Look()
    {
        if (Interlocked.Increment(ref _seen) != Volatile.Read(ref _fatal)) return TcpProxy.Cut.None;
        _serves.Reset();
        _died.SetResult();
        return TcpProxy.Cut.AfterServer;
    }
}
