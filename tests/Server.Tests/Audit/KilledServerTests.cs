using System.Text;
using System.Text.Json;
using Rekey.Aws;
using Rekey.Aws.SigV4;
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
            await using (var process = ServerProcess.Start(directory.FullName))
            {
                using var client = Client(await process.Endpoint.WaitAsync(TimeSpan.FromSeconds(60), Cancel));
                for (var call = 0; call < 50; call++) answered.Add(await CallAsync(client));
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

    private static HttpClient Client(Uri endpoint)
    {
        var credentials = new SigningCredentials(TestServer.RootAccessKeyId, Sensitive.FromText(TestServer.RootSecretAccessKey));
        var signer = new Signer(credentials, TestServer.Region, "secretsmanager", TimeProvider.System);
        return new HttpClient(new SigningHandler(signer, new SocketsHttpHandler())) { BaseAddress = endpoint };
    }

    private static async Task<string> CallAsync(HttpClient client)
    {
        using var content = new StringContent(JsonSerializer.Serialize(new { }), Encoding.UTF8, "application/x-amz-json-1.1");
        using var request = new HttpRequestMessage(HttpMethod.Post, client.BaseAddress) { Content = content };
        request.Headers.Add("X-Amz-Target", "secretsmanager.GetRandomPassword");
        using var response = await client.SendAsync(request, Cancel);
        response.EnsureSuccessStatusCode();
        return response.Headers.GetValues("x-amzn-RequestId").Single();
    }
}
