using System.Globalization;
using Rekey.Conformance.Engines;
using Rekey.Conformance.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation;

/// <summary>
/// 100 rotations in a row through the front door, on every engine and both stores, with the passwords that the ready-to-run functions
/// generate: after each the new value logs in and the one before it is refused.
/// </summary>
public sealed class HundredRotationsTests(PostgresStore stores) : IClassFixture<PostgresStore>
{
    private const int Rotations = 100;
    private const string FirstPassword = "First-password-0";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MariaDb(bool onPostgresStore)
    {
        await using var server = await PrivateMariaDb.StartAsync(new PrivateServerSetup(), Cancel);
        await RotateAsync(RotatedAccount.On(server), onPostgresStore);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MySql9(bool onPostgresStore)
    {
        using var authority = new TestAuthority();
        await using var server = await PrivateMySql.StartAsync(PrivateServerSetup.WithTls(authority), Cancel);
        await RotateAsync(RotatedAccount.On(server, authority.CaFile), onPostgresStore);
    }

    [Theory]
    [InlineData(15, false)]
    [InlineData(15, true)]
    [InlineData(18, false)]
    [InlineData(18, true)]
    public async Task Postgres(int version, bool onPostgresStore)
    {
        await using var server = await PrivatePostgres.StartAsync(version, Cancel);
        await RotateAsync(RotatedAccount.On(server), onPostgresStore);
    }

    private async Task RotateAsync(RotatedAccount account, bool onPostgresStore)
    {
        await account.CreateAsync("app", FirstPassword, Cancel);
        await using var server = await TestServer.StartAsync(new TestServerOptions
        {
            Database = onPostgresStore ? await stores.CreateDatabaseAsync(Cancel) : null,
            Settings = new Dictionary<string, string?> { ["Rekey:Rotation:CaFile"] = account.CaFile },
        }, Cancel);

        var before = account.SecretString("app", FirstPassword);
        await DemandAsync(server, "CreateSecret", new { Name = "db", ClientRequestToken = TokenOf(0), SecretString = before });
        for (var rotation = 1; rotation <= Rotations; rotation++)
        {
            await DemandAsync(
                server, "RotateSecret",
                new { SecretId = "db", ClientRequestToken = TokenOf(rotation), RotationLambdaARN = account.FunctionArn });
            await UntilIdleAsync(server);
            var labels = (await DemandAsync(server, "DescribeSecret", new { SecretId = "db" })).Json["VersionIdsToStages"]!;
            labels[TokenOf(rotation)]!.ToJsonString().ShouldBe("""["AWSCURRENT"]""");
            labels[TokenOf(rotation - 1)]!.ToJsonString().ShouldBe("""["AWSPREVIOUS"]""");

            var now = (await DemandAsync(server, "GetSecretValue", new { SecretId = "db" })).Text("SecretString");
            (await account.LogsInAsync(now, Cancel)).ShouldBeTrue($"rotation {rotation}: the new value");
            (await account.LogsInAsync(before, Cancel)).ShouldBeFalse($"rotation {rotation}: the value before it");
            before = now;
        }
        before.ShouldContain("\"owner\":\"payments\"");
    }

    private static async Task UntilIdleAsync(TestServer server)
    {
        using var client = server.Client("rekey");
        while (true)
        {
            using var request = server.JsonRequest("rekey.DescribeRotation", """{"SecretId":"db"}"""u8.ToArray());
            var progress = await TestServer.SendAsync(client, request, Cancel);
            var state = progress.Text("State");
            if (state == "Idle") return;
            // The clock stands still: an attempt that failed would wait for ever.
            progress.Json["Cause"].ShouldBeNull(progress.Body);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }
    }

    private static async Task<Answer> DemandAsync(TestServer server, string operation, object request)
    {
        var answer = await server.CallAsync(operation, request, Cancel);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer;
    }

    private static string TokenOf(int rotation) => $"00000000-0000-0000-0000-{rotation.ToString("D12", CultureInfo.InvariantCulture)}";
}
