using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Fakes;

/// <summary>A database whose writes, or reads too, fail on demand.</summary>
internal sealed class FlakyDatabase(IDatabase inner) : IDatabase
{
    public bool IsDown { get; set; }

    /// <summary>Reads fail as well while it is down.</summary>
    public bool FailsReads { get; set; }

    public bool IsExclusive => inner.IsExclusive;

    public WriteStamps? Stamps => inner.Stamps;

    public CommitBell Bell => inner.Bell;

    public T Read<T>(Func<Session, T> work) => IsDown && FailsReads ? throw new IOException("The disk is gone.") : inner.Read(work);

    public Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken) =>
        IsDown ? throw new IOException("The disk is full.") : inner.WriteAsync(work, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
