using System.Text;
using System.Text.Json;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Audit;

/// <summary>Secrets planted wherever a caller can put one are in no log, no audit record and no file.</summary>
public sealed class LeakTests
{
    private const string Token = "00000000-0000-4000-8000-00000000000";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PlantedSecrets_AreNowhere()
    {
        var canary = new Canary();
        await using var server = await TestServer.StartAsync(Cancel);
        await StoreAsync(server, canary);
        await MisuseAsync(server, canary);
        canary.Watch((await server.CallAsync("GetRandomPassword", new { PasswordLength = 40 }, Cancel)).Text("RandomPassword"));
        canary.Watch(TestServer.RootSecretAccessKey);

        (await canary.FindLeaksAsync(server, Cancel)).ShouldBeEmpty();
        await server.StopAsync(Cancel);
        server.Logs.Text.ShouldContain("secretsmanager:GetSecretValue"); // the log was written at all
    }

    [Fact]
    public async Task Search_FindsWhatIsThere()
    {
        var canary = new Canary();
        await using var server = await TestServer.StartAsync(Cancel);
        var value = canary.Plant();
        await server.CallAsync("CreateSecret", new { Name = "a", Description = value, ClientRequestToken = Token + 1 }, Cancel);

        (await canary.FindLeaksAsync(server, Cancel)).ShouldNotBeEmpty();
    }

    private static async Task StoreAsync(TestServer server, Canary canary)
    {
        var text = canary.Plant();
        await server.CallAsync("CreateSecret", new { Name = "text", SecretString = text, ClientRequestToken = Token + 1 }, Cancel);
        var bytes = Encoding.UTF8.GetBytes(canary.Plant());
        await server.CallAsync("CreateSecret", new { Name = "bytes", SecretBinary = bytes, ClientRequestToken = Token + 2 }, Cancel);
        var next = canary.Plant();
        await server.CallAsync("PutSecretValue", new { SecretId = "text", SecretString = next, ClientRequestToken = Token + 3 }, Cancel);
        var last = canary.Plant();
        await server.CallAsync("UpdateSecret", new { SecretId = "text", SecretString = last, ClientRequestToken = Token + 4 }, Cancel);

        (await server.CallAsync("GetSecretValue", new { SecretId = "text" }, Cancel)).Text("SecretString").ShouldBe(last);
        var batch = await server.CallAsync("BatchGetSecretValue", new { SecretIdList = new[] { "text", "nobody", "bytes" } }, Cancel);
        batch.Json["SecretValues"]![0]!["SecretString"]!.GetValue<string>().ShouldBe(last);
        var answer = await server.CallAsync("GetSecretValue", new { SecretId = "bytes" }, Cancel);
        answer.Json["SecretBinary"]!.GetValue<string>().ShouldBe(Convert.ToBase64String(bytes));
    }

    /// <summary>Every way in which a request with a secret in it can fail.</summary>
    private static async Task MisuseAsync(TestServer server, Canary canary)
    {
        object[] requests =
        [
            new { Name = "text", SecretString = canary.Plant(), ClientRequestToken = Token + 5 },
            new { Name = "text", SecretString = canary.Plant(), ClientRequestToken = Token + 1 },
            new { Name = "x", SecretString = canary.Plant(), SecretBinary = new byte[9], ClientRequestToken = Token + 6 },
            new { Name = "x", SecretString = canary.Plant() + new string('x', 65_536), ClientRequestToken = Token + 7 },
            new { Name = "x", SecretString = new { password = canary.Plant() } },
            new { Name = "x", SecretString = new[] { canary.Plant() } },
            new { Name = "x", SecretBinary = canary.Plant() },
            new { Name = "x", secretString = canary.Plant() },
            new { SecretString = canary.Plant() },
            new { Name = "bad name", SecretString = canary.Plant() },
        ];
        foreach (var request in requests) (await server.CallAsync("CreateSecret", request, Cancel)).IsSuccess.ShouldBeFalse();

        var cut = JsonSerializer.Serialize(new { Name = "x", SecretString = canary.Plant() })[..^2];
        (await server.CallRawAsync("CreateSecret", cut, Cancel)).ErrorCode.ShouldBe("SerializationException");
        (await server.CallAsync("NoSuchOperation", new { SecretString = canary.Plant() }, Cancel)).IsSuccess.ShouldBeFalse();
        using var unsigned = server.JsonRequest("secretsmanager.CreateSecret", Encoding.UTF8.GetBytes(canary.Plant()));
        (await TestServer.SendAsync(server.Http, unsigned, Cancel)).IsSuccess.ShouldBeFalse();
    }
}
