using Rekey.Server.Tests.Fakes;
using Xunit;


namespace Rekey.Server.Tests.Protocols;

/// <summary>One server for all tests that only look at how requests are taken and answered.</summary>
public sealed class FrontDoorFixture : IAsyncLifetime
{
    public TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(CancellationToken.None);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
