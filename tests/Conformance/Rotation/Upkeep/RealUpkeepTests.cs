using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Conformance.Engines;
using Rekey.Conformance.Engines.Redis;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Upkeep;

/// <summary>Heartbeats and the retiring of old credentials on real servers, with the server's clock in the test's hand.</summary>
public sealed class RealUpkeepTests
{
    private const string FirstPassword = "First-password-0";
    private const string Account = TestServer.Account;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MariaDb_HeartbeatTellsOfAPasswordChangedByHand_AndOfALockedAccount()
    {
        await using var database = await PrivateMariaDb.StartAsync(new PrivateServerSetup(), Cancel);
        await HeartbeatAsync(
            RotatedAccount.On(database),
            statement => database.ExecuteAsync(statement, Cancel),
            change: "ALTER USER 'app'@'%' IDENTIFIED BY 'Of-an-administrator-0'",
            putBack: password => $"ALTER USER 'app'@'%' IDENTIFIED BY '{password.Replace("\\", "\\\\").Replace("'", "''")}'",
            lockOut: "ALTER USER 'app'@'%' ACCOUNT LOCK",
            unlock: "ALTER USER 'app'@'%' ACCOUNT UNLOCK",
            FailureCause.Auth);
    }

    [Fact]
    public async Task Postgres_HeartbeatTellsOfAPasswordChangedByHand_AndOfALockedAccount()
    {
        await using var database = await PrivatePostgres.StartAsync(15, Cancel);
        await HeartbeatAsync(
            RotatedAccount.On(database),
            statement => database.ExecuteAsync(statement, Cancel),
            change: "ALTER ROLE app PASSWORD 'Of-an-administrator-0'",
            putBack: password => $"ALTER ROLE app PASSWORD '{password.Replace("'", "''")}'",
            lockOut: "ALTER ROLE app NOLOGIN",
            unlock: "ALTER ROLE app LOGIN",
            FailureCause.Precondition);
    }

    private static async Task HeartbeatAsync(
        RotatedAccount account, Func<string, Task> execute, string change, Func<string, string> putBack, string lockOut, string unlock,
        FailureCause causeOfLockOut)
    {
        await account.CreateAsync("app", FirstPassword, Cancel);
        await using var server = await TestServer.StartAsync(
            new TestServerOptions { Settings = new Dictionary<string, string?> { ["Rekey:Rotation:HeartbeatHours"] = "1" } }, Cancel);
        var arn = await RotateAsync(server, account.SecretString("app", FirstPassword), account.FunctionArn);
        await BeatAsync(server, arn, UpkeepOutcome.Succeeded);

        await execute(change);
        (await BeatAsync(server, arn, UpkeepOutcome.Failed)).Cause.ShouldBe(FailureCause.Auth);
        await execute(putBack(await PasswordAsync(server)));
        await BeatAsync(server, arn, UpkeepOutcome.Succeeded);

        await execute(lockOut);
        var locked = await BeatAsync(server, arn, UpkeepOutcome.Failed);
        locked.Cause.ShouldBe(causeOfLockOut);
        UpkeepRemedy.Of(locked).ShouldNotBeNull();
        await execute(unlock);
        await BeatAsync(server, arn, UpkeepOutcome.Succeeded);
        (await EventsAsync(server, arn)).Count(name => name == RotationEventName.HeartbeatFailed).ShouldBe(2);
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task Redis_OldPasswordLogsInUntilTheEndOfTheGrace(RedisKind kind)
    {
        await using var database = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, Cancel);
        await database.SetUserAsync("app", Cancel, "on", $">{FirstPassword}", "~app:*", "+@read");
        await using var server = await TestServer.StartAsync(Cancel);
        var masterArn = await CreateAsync(server, "master", Value(database, PrivateRedis.Admin, database.AdminPassword, masterArn: null));
        var arn = await RotateAsync(
            server, Value(database, "app", FirstPassword, masterArn),
            $"arn:aws:lambda:us-east-1:{Account}:function:SecretsManagerRedisRotationSingleUser");
        var password = await PasswordAsync(server);
        (await database.LogsInAsync("app", FirstPassword, Cancel)).ShouldBeTrue();
        (await database.LogsInAsync("app", password, Cancel)).ShouldBeTrue();

        var retire = Task(server, arn, UpkeepKind.Retire)!;
        server.Clock.SetTo(retire.DueAt!.Value);
        await UntilAsync(server, () => Task(server, arn, UpkeepKind.Retire)!.EndedAt is not null);
        Task(server, arn, UpkeepKind.Retire)!.Outcome.ShouldBe(UpkeepOutcome.Succeeded);
        (await database.LogsInAsync("app", FirstPassword, Cancel)).ShouldBeFalse();
        (await database.LogsInAsync("app", password, Cancel)).ShouldBeTrue();
    }

    private static string Value(PrivateRedis database, string username, string password, string? masterArn) => new JsonObject
    {
        ["engine"] = DatabaseEngine.Redis.Name,
        ["host"] = PrivateRedis.Host,
        ["port"] = database.Port,
        ["username"] = username,
        ["password"] = password,
        ["ssl"] = false,
        ["masterarn"] = masterArn,
    }.ToJsonString();

    private static async Task<string> CreateAsync(TestServer server, string name, string value)
    {
        var answer = await server.CallAsync(
            "CreateSecret", new { Name = name, ClientRequestToken = Guid.NewGuid().ToString(), SecretString = value }, Cancel);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Text("ARN");
    }

    private static async Task<string> RotateAsync(TestServer server, string value, string functionArn)
    {
        var arn = await CreateAsync(server, "db", value);
        var answer = await server.CallAsync(
            "RotateSecret",
            new { SecretId = "db", ClientRequestToken = Guid.NewGuid().ToString(), RotationLambdaARN = functionArn }, Cancel);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        await UntilAsync(server, () => Database(server).Read(session => RotationRows.Find(session, arn)) is null or { Cause: not null });
        (await EventsAsync(server, arn))[^1].ShouldBe(RotationEventName.RotationSucceeded);
        return arn;
    }

    /// <summary>Lets the next beat come.</summary>
    private static async Task<UpkeepTask> BeatAsync(TestServer server, string arn, UpkeepOutcome expected)
    {
        var due = Task(server, arn, UpkeepKind.Heartbeat)!.DueAt!.Value;
        server.Clock.SetTo(due);
        await UntilAsync(server, () => Task(server, arn, UpkeepKind.Heartbeat)!.EndedAt >= due);
        var ended = Task(server, arn, UpkeepKind.Heartbeat)!;
        ended.Outcome.ShouldBe(expected, ended.CauseMessage);
        return ended;
    }

    private static async Task<string> PasswordAsync(TestServer server)
    {
        var value = (await server.CallAsync("GetSecretValue", new { SecretId = "db" }, Cancel)).Text("SecretString");
        return JsonNode.Parse(value)!["password"]!.GetValue<string>();
    }

    private static IDatabase Database(TestServer server) => server.Services.GetRequiredService<IDatabase>();

    private static UpkeepTask? Task(TestServer server, string arn, UpkeepKind kind) =>
        Database(server).Read(session => UpkeepRows.Find(session, arn, kind));

    private static Task<List<RotationEventName>> EventsAsync(TestServer server, string arn) => System.Threading.Tasks.Task.FromResult(
        Database(server).Read(session => RotationJournal.Newest(session, arn, 1000)).ConvertAll(entry => entry.Name));

    private static async Task UntilAsync(TestServer server, Func<bool> reached)
    {
        while (!reached())
        {
            server.Services.GetRequiredService<RotationScheduler>().Wake();
            await System.Threading.Tasks.Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }
    }
}
