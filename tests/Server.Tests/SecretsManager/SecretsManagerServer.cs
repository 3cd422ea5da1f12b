using Rekey.Server.Tests.Fakes;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>One server for the tests of a class. Tests that move the clock start their own.</summary>
public sealed class SecretsManagerServer : IAsyncLifetime
{
    public TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(CancellationToken.None);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
