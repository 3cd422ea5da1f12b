namespace Rekey.Server.Storage;

/// <summary>
/// Rings after the commit of a transaction that left work for a background loop, such as an intent in an outbox. It may ring in vain; what
/// another process commits does not ring here.
/// </summary>
public sealed class CommitBell
{
    private Action? _listeners;

    /// <summary>The listener is called on the thread that commits: it only wakes someone.</summary>
    public void Subscribe(Action listener) => _listeners += listener;

    internal void Ring() => _listeners?.Invoke();
}
