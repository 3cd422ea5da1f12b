using Xunit;

namespace Rekey.Server.Tests.Replication;

/// <summary>One server of several regions for the tests of a class.</summary>
public sealed class ReplicationFixture : IAsyncLifetime
{
    public ReplicationScene Scene { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Scene = await ReplicationScene.StartAsync(CancellationToken.None);

    public ValueTask DisposeAsync() => Scene.DisposeAsync();
}
