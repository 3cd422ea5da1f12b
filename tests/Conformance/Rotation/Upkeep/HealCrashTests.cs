using System.Text.Json.Nodes;
using Rekey.Conformance.Engines;
using Rekey.Rotators;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Upkeep;

/// <summary>
/// A rotation dies right after it has changed the password in a real database, and a human stores another value before it can go on: the
/// database gets that value's password, also when the server is killed at each boundary of the healing.
/// </summary>
public sealed class HealCrashTests
{
    private const string FirstPassword = "First-password-0";
    private const string ByHand = "By-hand-password-0";
    private const string Token = "00000000-0000-0000-0000-000000000002";

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Short pauses: the database is away for a while.</summary>
    private static readonly Dictionary<string, string> s_settings = new() { ["Rekey__Rotation__RetryDelaySeconds"] = "0.1" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("upkeep.claimed")]
    [InlineData("heal.intended")]
    [InlineData("heal.before-change")]
    [InlineData("heal.after-change")]
    [InlineData("heal.done")]
    [InlineData("heal.ended")]
    public async Task MariaDb_ConvergesOnTheValueStoredByHand(string? point)
    {
        await using var server = await PrivateMariaDb.StartAsync(new PrivateServerSetup(), Cancel);
        await server.ExecuteAsync($"CREATE USER 'app'@'%' IDENTIFIED BY '{FirstPassword}'", Cancel);
        await HealAsync(server.Port, port => On(DatabaseEngine.MariaDb, "SecretsManagerRDSMariaDBRotationSingleUser", port), point);
    }

    [Theory]
    [InlineData("heal.after-change")]
    public async Task Postgres_ConvergesOnTheValueStoredByHand(string? point)
    {
        await using var server = await PrivatePostgres.StartAsync(15, Cancel);
        await server.ExecuteAsync($"CREATE ROLE app LOGIN PASSWORD '{FirstPassword}'", Cancel);
        await HealAsync(server.Port, port => On(DatabaseEngine.Postgres, "SecretsManagerRDSPostgreSQLRotationSingleUser", port), point);
    }

    private static RotatedAccount On(DatabaseEngine engine, string function, int port) =>
        new(engine, function, PrivateServer.Host, port, caFile: null, (_, _, _) => Task.CompletedTask);

    private static async Task HealAsync(int databasePort, Func<int, RotatedAccount> on, string? point)
    {
        var directory = Directory.CreateTempSubdirectory("rekey-heal-").FullName;
        var isAway = false;
        // A port that nobody listens on stands for a database that is away.
        var nowhere = FreePort.Next();
        await using var proxy = new TcpProxy(_ => Volatile.Read(ref isAway) ? nowhere : databasePort, (_, _) => TcpProxy.Cut.None);
        var account = on(proxy.Port);
        try
        {
            await ChangeAndDieAsync(directory, account);
            Volatile.Write(ref isAway, true);
            var settings = new Dictionary<string, string>(s_settings);
            if (point is not null) settings[ServerProcess.KillAt] = point;
            await using (var second = await ServerProcess.StartAsync(directory, Cancel, settings))
            {
                await AbandonAsync(second, account, onPut: () => Volatile.Write(ref isAway, false));
                if (point is null)
                {
                    await DemandHealedAsync(second, account);
                    return;
                }
                await second.WaitForExitAsync(Cancel);
            }
            await using var third = await ServerProcess.StartAsync(directory, Cancel, s_settings);
            await DemandHealedAsync(third, account);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task ChangeAndDieAsync(string directory, RotatedAccount account)
    {
        var killed = new Dictionary<string, string> { [ServerProcess.KillAt] = "setSecret.after-change" };
        await using var first = await ServerProcess.StartAsync(directory, Cancel, killed);
        await first.OkAsync(
            "CreateSecret",
            new { Name = "db", ClientRequestToken = NewToken(), SecretString = account.SecretString("app", FirstPassword) }, Cancel);
        await first.OkAsync(
            "RotateSecret", new { SecretId = "db", ClientRequestToken = Token, RotationLambdaARN = account.FunctionArn }, Cancel);
        await first.WaitForExitAsync(Cancel);
        (await account.LogsInAsync(account.SecretString("app", FirstPassword), Cancel)).ShouldBeFalse();
    }

    /// <summary>The rotation cannot reach the database, and a value by hand ends it.</summary>
    private static async Task AbandonAsync(ServerProcess server, RotatedAccount account, Action onPut)
    {
        await UntilAsync(server, progress => progress["Cause"]?.GetValue<string>() is "Network" or "Unavailable" or "Timeout");
        try
        {
            await server.CallAsync(
                "PutSecretValue",
                new { SecretId = "db", ClientRequestToken = NewToken(), SecretString = account.SecretString("app", ByHand) }, Cancel);
        }
        catch (HttpRequestException)
        {
            // It died before it could answer.
        }
        onPut();
    }

    private static async Task DemandHealedAsync(ServerProcess server, RotatedAccount account)
    {
        await UntilAsync(server, progress => EventsOf(progress).Contains("HealSucceeded"));
        var current = (await server.OkAsync("GetSecretValue", new { SecretId = "db" }, Cancel))["SecretString"]!.GetValue<string>();
        current.ShouldBe(account.SecretString("app", ByHand));
        (await account.LogsInAsync(current, Cancel)).ShouldBeTrue();
        var described = await server.OkAsync("DescribeSecret", new { SecretId = "db" }, Cancel);
        described["VersionIdsToStages"]!.AsObject().ShouldAllBe(version => !version.Value!.ToJsonString().Contains("AWSPENDING"));
        // A rotation after all that is one like any other.
        await server.OkAsync("RotateSecret", new { SecretId = "db", ClientRequestToken = NewToken() }, Cancel);
        await server.UntilIdleAsync("db", Cancel);
        current = (await server.OkAsync("GetSecretValue", new { SecretId = "db" }, Cancel))["SecretString"]!.GetValue<string>();
        (await account.LogsInAsync(current, Cancel)).ShouldBeTrue();
    }

    private static IEnumerable<string> EventsOf(JsonNode progress) =>
        progress["Events"]!.AsArray().Select(entry => entry!["Event"]!.GetValue<string>());

    private static async Task UntilAsync(ServerProcess server, Func<JsonNode, bool> reached)
    {
        while (true)
        {
            var progress = await server.RekeyAsync("DescribeRotation", new { SecretId = "db" }, Cancel);
            if (reached(progress)) return;
            await Task.Delay(s_poll, TimeProvider.System, Cancel);
        }
    }

    private static string NewToken() => Guid.NewGuid().ToString();
}
