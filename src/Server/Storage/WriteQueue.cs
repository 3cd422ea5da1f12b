using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Rekey.Server.Storage;

/// <summary>
/// The writes that wait for a writing thread, in order of arrival. Bounded: when it is full, callers wait for room and may still give up.
/// </summary>
internal sealed class WriteQueue
{
    private readonly Channel<PendingWrite> _waiting = Channel.CreateBounded<PendingWrite>(Limits.WritesWaiting);

    /// <summary>Hands over a write and waits for its answer.</summary>
    public async Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        var write = new PendingWrite<T>(work, cancellationToken);
        try
        {
            await _waiting.Writer.WriteAsync(write, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(IDatabase));
        }
        return await write.Answer.ConfigureAwait(false);
    }

    /// <summary>Starts a writing thread of its own: a busy thread pool must not hold up every write.</summary>
    public static Task StartThread(Action loop) =>
        Task.Factory.StartNew(loop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Blocks a writing thread until a write waits; false when there will be no more.</summary>
    public bool WaitForWrite() => _waiting.Reader.WaitToReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>Takes the next write whose caller still wants it; answers those whose callers gave up.</summary>
    public bool TryTake([NotNullWhen(true)] out PendingWrite? write)
    {
        while (_waiting.Reader.TryRead(out write))
        {
            if (write.IsWanted) return true;
            write.Cancel();
        }
        return false;
    }

    /// <summary>Takes no more writes. Those that wait are still to be taken.</summary>
    public void Close() => _waiting.Writer.TryComplete();
}
