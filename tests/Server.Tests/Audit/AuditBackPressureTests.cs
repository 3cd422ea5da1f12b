using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Rekey.Server.Audit;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Audit;

/// <summary>When records cannot reach the database, the spool takes them; when it is full, nothing is answered any more.</summary>
public sealed class AuditBackPressureTests
{
    private const long SmallSpoolBytes = 16 * 1024;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SinkDown_NoSecretLeavesUnaudited_AndServiceResumes()
    {
        FlakyDatabase? sink = null;
        await using var server = await StartAsync(flaky => sink = flaky);
        const string Token = "00000000-0000-4000-8000-000000000001";
        await server.CallAsync("CreateSecret", new { Name = "a", SecretString = "the-value", ClientRequestToken = Token }, Cancel);
        sink!.IsDown = true;

        var (served, refused) = await CallUntilRefusedAsync(server);
        served.ShouldBeInRange(10, 60);
        refused.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.ErrorCode.ShouldBe("ServiceUnavailable");
        refused.Body.ShouldNotContain("the-value");
        using (var ready = await server.Http.GetAsync("/healthz/ready", Cancel))
        {
            ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await ready.Content.ReadAsStringAsync(Cancel)).ShouldContain("audit");
        }
        server.Logs.Entries.Count(entry => entry.Message.Contains("80% full", StringComparison.Ordinal)).ShouldBe(1);
        server.Logs.Entries.Count(entry => entry.Level == LogLevel.Critical).ShouldBe(1);

        sink.IsDown = false;
        var lines = await server.AuditLinesAsync(Cancel);
        lines.Count.ShouldBe(served);
        (await server.CallAsync("GetSecretValue", new { SecretId = "a" }, Cancel)).Text("SecretString").ShouldBe("the-value");
        (await server.Http.GetAsync("/healthz/ready", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task FullSpool_LetsACallerWaitForRoom()
    {
        FlakyDatabase? sink = null;
        await using var server = await StartAsync(flaky => sink = flaky);
        sink!.IsDown = true;
        var (served, _) = await CallUntilRefusedAsync(server);

        var waiting = server.CallAsync("GetRandomPassword", new { }, Cancel);
        while (server.Clock.PendingTimers == 0) await Task.Yield();
        sink.IsDown = false;
        (await server.AuditLinesAsync(Cancel)).Count.ShouldBeGreaterThanOrEqualTo(served);

        (await waiting).IsSuccess.ShouldBeTrue();
    }

    private static Task<TestServer> StartAsync(Action<FlakyDatabase> use) => TestServer.StartAsync(
        new TestServerOptions
        {
            Services = services => services.Replace(ServiceDescriptor.Singleton(provider =>
            {
                var sink = new FlakyDatabase(provider.GetRequiredService<IDatabase>());
                use(sink);
                return new AuditSpool(
                    SpoolFile.Open(provider.GetRequiredService<DataDirectory>().EnsureFile("audit.spool"), SmallSpoolBytes),
                    sink,
                    provider.GetRequiredService<TimeProvider>(),
                    provider.GetRequiredService<ILogger<AuditSpool>>());
            })),
        },
        Cancel);

    /// <summary>Moves the clock while a call waits, so that its patience ends.</summary>
    private static async Task<(int Served, Answer Refused)> CallUntilRefusedAsync(TestServer server)
    {
        for (var served = 0; served < 1000; served++)
        {
            var call = server.CallAsync("GetSecretValue", new { SecretId = "a" }, Cancel);
            while (await Task.WhenAny(call, Task.Delay(100, Cancel)) != call) server.Clock.Advance(TimeSpan.FromSeconds(1));
            var answer = await call;
            if (answer.Status == HttpStatusCode.ServiceUnavailable) return (served, answer);
        }
        throw new InvalidOperationException("The spool never got full.");
    }
}
