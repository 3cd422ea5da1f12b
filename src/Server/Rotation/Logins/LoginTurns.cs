namespace Rekey.Server.Rotation.Logins;

/// <summary>Logins of shared accounts that this process has under way.</summary>
internal sealed class LoginTurns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _underWay = new(StringComparer.Ordinal);
    private TaskCompletionSource _ended = new();

    /// <summary>Takes a turn unless as many are under way as <paramref name="free"/> says, which is asked while none can end.</summary>
    /// <returns>Null when it was taken; else what completes when another has ended.</returns>
    public Task? Take(string principal, Func<int> free)
    {
        lock (_lock)
        {
            var underWay = _underWay.GetValueOrDefault(principal);
            if (underWay >= free()) return _ended.Task;
            _underWay[principal] = underWay + 1;
            return null;
        }
    }

    public void End(string principal)
    {
        TaskCompletionSource ended;
        lock (_lock)
        {
            var left = _underWay[principal] - 1;
            if (left == 0) _underWay.Remove(principal);
            else _underWay[principal] = left;
            (ended, _ended) = (_ended, new TaskCompletionSource());
        }
        ended.SetResult();
    }
}
