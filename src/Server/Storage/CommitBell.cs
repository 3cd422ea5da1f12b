namespace Rekey.Server.Storage;

/// <summary>
/// Rings after the commit of a transaction that left work for a background loop, such as an intent in an outbox. It may ring in vain; what
/// another process commits does not ring here.
/// </summary>
public sealed class CommitBell
{
    private Action? _listeners;
    private Action<object>? _newsListeners;

    /// <summary>The listener is called on the thread that commits: it only wakes someone.</summary>
    public void Subscribe(Action listener) => _listeners += listener;

    /// <summary>
    /// The listener is told what committed transactions of this process said by <see cref="Session.TellAfterCommit"/>, each once, before
    /// their callers are answered, on the thread that commits: it only takes notes, and does not throw.
    /// </summary>
    public void SubscribeToNews(Action<object> listener) => _newsListeners += listener;

    internal void Tell(object[] news)
    {
        if (_newsListeners is not { } listeners) return;
        foreach (var one in news) listeners(one);
    }

    internal void Ring() => _listeners?.Invoke();
}
