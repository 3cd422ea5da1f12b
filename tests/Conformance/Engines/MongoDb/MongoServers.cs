using Xunit;

[assembly: AssemblyFixture(typeof(Rekey.Conformance.Engines.MongoDb.MongoServers))]

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>
/// A replica set of three members and a server of no set, started when the first test asks, shared by all tests that do not break them.
/// </summary>
public sealed class MongoServers : IAsyncDisposable
{
    // Shared by tests, so no single test may cancel a start.
    private readonly Lazy<Task<PrivateMongo>> _set = new(() => PrivateMongo.StartSetAsync(3, CancellationToken.None));
    private readonly Lazy<Task<PrivateMongo>> _alone = new(() => PrivateMongo.StartAloneAsync(CancellationToken.None));

    /// <summary>Skips the test where the server is missing.</summary>
    internal Task<PrivateMongo> GetSetAsync() => GetAsync(_set);

    /// <inheritdoc cref="GetSetAsync"/>
    internal Task<PrivateMongo> GetAloneAsync() => GetAsync(_alone);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (Lazy<Task<PrivateMongo>>[])[_set, _alone])
            if (server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await server.Value).DisposeAsync();
    }

    private static Task<PrivateMongo> GetAsync(Lazy<Task<PrivateMongo>> server)
    {
        Assert.SkipWhen(PrivateMongo.Missing is not null, PrivateMongo.Missing ?? "");
        return server.Value;
    }
}
