using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Rekey.Server.Observability;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Protocols;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Observability;

public sealed class HealthEndpointsTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/healthz/live", """{"status":"live"}""")]
    [InlineData("/healthz/ready", """{"status":"ready"}""")]
    public async Task ServingServer_IsLiveAndReady(string path, string body)
    {
        using var response = await fixture.Server.Http.GetAsync(path, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldBe(body);
    }

    [Fact]
    public async Task UnknownProbe_IsNotFound() =>
        (await fixture.Server.Http.GetAsync("/healthz/other", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task DatabaseThatDoesNotAnswer_IsNotReady()
    {
        BrokenReads? broken = null;
        await using var server = await TestServer.StartAsync(
            new TestServerOptions
            {
                Services = services => services.Replace(ServiceDescriptor.Singleton(provider => new HealthEndpoints(
                    broken = new BrokenReads(),
                    provider.GetRequiredService<Rekey.Server.Audit.AuditSpool>(),
                    provider.GetRequiredService<IHostApplicationLifetime>(),
                    provider.GetRequiredService<TimeProvider>()))),
            },
            Cancel);
        using var response = await server.Http.GetAsync("/healthz/ready", Cancel);

        broken.ShouldNotBeNull();
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldBe("""{"status":"not ready","reason":"the database does not answer"}""");
    }

    private sealed class BrokenReads : IDatabase
    {
        public bool IsExclusive => false;

        public WriteStamps? Stamps => null;

        public CommitBell Bell { get; } = new();

        public T Read<T>(Func<Session, T> work) => throw new IOException("host db.internal password=x");

        public Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken) => throw new IOException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
