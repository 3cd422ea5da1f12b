using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Audit;

/// <summary>A record is safe before its answer leaves: kill -9 right after an answer loses none.</summary>
public sealed class KilledServerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryAnsweredCall_IsInTheAuditAfterKill()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-test-");
        try
        {
            var answered = new List<string>();
            await using (var process = await ServerProcess.StartAsync(directory.FullName, Cancel))
            {
                for (var call = 0; call < 50; call++)
                    answered.Add((await process.CallAsync("GetRandomPassword", new { }, Cancel)).RequestId!);
                await process.KillAsync();
            }
            await using var next = await TestServer.StartAsync(new TestServerOptions { DataDirectory = directory.FullName }, Cancel);

            var recorded = (await next.AuditLinesAsync(Cancel)).Select(line => line.GetProperty("requestID").GetString()!).ToList();
            recorded.ShouldBe(answered);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
