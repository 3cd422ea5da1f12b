namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>A replica set whose members a test may kill; whole again for the next one.</summary>
public sealed class MongoBreakableSet : IAsyncDisposable
{
    private PrivateMongo? _set;

    /// <summary>Skips the test where the server is missing.</summary>
    internal async Task<PrivateMongo> GetAsync(CancellationToken cancellationToken)
    {
        _set ??= await PrivateMongo.StartSetAsync(3, cancellationToken);
        foreach (var member in _set.Members.Where(member => !member.IsRunning)) await member.StartAsync(cancellationToken);
        await _set.SettleAsync(cancellationToken);
        return _set;
    }

    public async ValueTask DisposeAsync()
    {
        if (_set is not null) await _set.DisposeAsync();
    }
}
