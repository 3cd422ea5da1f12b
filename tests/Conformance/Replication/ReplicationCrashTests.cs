using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Replication;

/// <summary>
/// The server is killed with SIGKILL at each boundary of replication. After the restart everything that was answered is in the other
/// region, and nothing was done twice.
/// </summary>
public sealed class ReplicationCrashTests
{
    private const string Home = "us-east-1";
    private const string West = "eu-west-1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Place of death, and the n-th time that it is reached.</summary>
    public static TheoryData<string> Deliveries =>
    [
        "replication.taken", "replication.applied-in-transaction", "replication.applied", "replication.acknowledged",
        "replication.raised-in-transaction", "replication.taken:2", "replication.applied-in-transaction:2", "replication.applied:2",
        "replication.acknowledged:2",
    ];

    [Theory]
    [MemberData(nameof(Deliveries))]
    public Task Delivery_LosesNothingAndAppliesNothingTwice(string point) => WithDirectoryAsync(async directory =>
    {
        var stored = "first";
        await using (var doomed = await StartAsync(directory, point))
        {
            await doomed.OkAsync("CreateSecret", Create(), Cancel);
            var isAlive = await AnswersAsync(doomed.OkAsync("ReplicateSecretToRegions", Replicate(), Cancel));
            if (isAlive && point.EndsWith(":2", StringComparison.Ordinal)) await InSyncAsync(doomed);
            var put = new { SecretId = "s", SecretString = "second", ClientRequestToken = Token(2) };
            if (isAlive && await AnswersAsync(doomed.OkAsync("PutSecretValue", put, Cancel))) stored = "second";
            await doomed.WaitForExitAsync(Cancel);
        }

        await using (var restarted = await StartAsync(directory, killAt: null))
        {
            // The call that died may have been committed or not; what was answered was.
            if (stored == "first") stored = await ValueAsync(restarted, Home);
            await InSyncAsync(restarted);
            (await ValueAsync(restarted, West)).ShouldBe(stored, point);
            (await VersionsAsync(restarted, West)).ShouldBe(await VersionsAsync(restarted, Home), point);
        }
        // One record is made with each application: as many as there were states at most, and one at least.
        (await EventsAsync(directory)).ShouldBeInRange(1, stored == "second" ? 2 : 1, point);
    });

    [Theory]
    [InlineData("replication.removed-in-transaction")]
    [InlineData("replication.removed")]
    public Task Removal_IsDoneAfterTheRestart(string point) => WithDirectoryAsync(async directory =>
    {
        await using (var doomed = await StartAsync(directory, point))
        {
            await doomed.OkAsync("CreateSecret", Create(), Cancel);
            await doomed.OkAsync("ReplicateSecretToRegions", Replicate(), Cancel);
            await InSyncAsync(doomed);
            await AnswersAsync(doomed.OkAsync(
                "RemoveRegionsFromReplication", new { SecretId = "s", RemoveReplicaRegions = new[] { West } }, Cancel));
            await doomed.WaitForExitAsync(Cancel);
        }

        await using var restarted = await StartAsync(directory, killAt: null);
        while ((await restarted.CallInAsync(West, "DescribeSecret", new { SecretId = "s" }, Cancel)).IsSuccess) await PauseAsync();
        (await restarted.OkAsync("DescribeSecret", new { SecretId = "s" }, Cancel))["PrimaryRegion"].ShouldBeNull(point);
        (await ValueAsync(restarted, Home)).ShouldBe("first");
    });

    [Fact]
    public Task Promotion_IsToldToThePrimaryAfterTheRestart() => WithDirectoryAsync(async directory =>
    {
        await using (var doomed = await StartAsync(directory, "replication.detached"))
        {
            await doomed.OkAsync("CreateSecret", Create(), Cancel);
            await doomed.OkAsync("ReplicateSecretToRegions", Replicate(), Cancel);
            await InSyncAsync(doomed);
            await AnswersAsync(doomed.CallInAsync(West, "StopReplicationToReplica", new { SecretId = "s" }, Cancel));
            await doomed.WaitForExitAsync(Cancel);
        }

        await using var restarted = await StartAsync(directory, killAt: null);
        while ((await restarted.OkAsync("DescribeSecret", new { SecretId = "s" }, Cancel))["PrimaryRegion"] is not null) await PauseAsync();
        var put = new { SecretId = "s", SecretString = "its own", ClientRequestToken = Token(3) };
        (await restarted.CallInAsync(West, "PutSecretValue", put, Cancel)).IsSuccess.ShouldBeTrue();
        (await ValueAsync(restarted, Home)).ShouldBe("first");
    });

    private static Task<ServerProcess> StartAsync(string directory, string? killAt)
    {
        var environment = new Dictionary<string, string> { ["Rekey__Regions"] = West };
        if (killAt is not null) environment[ServerProcess.KillAt] = killAt;
        return ServerProcess.StartAsync(directory, Cancel, environment);
    }

    private static async Task WithDirectoryAsync(Func<string, Task> test)
    {
        var directory = Directory.CreateTempSubdirectory("rekey-replication-").FullName;
        try
        {
            await test(directory);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static object Create() => new { Name = "s", SecretString = "first", ClientRequestToken = Token(1) };

    private static object Replicate() => new { SecretId = "s", AddReplicaRegions = new[] { new { Region = West } } };

    private static string Token(int number) => $"00000000-0000-0000-0000-{number:d12}";

    /// <summary>False when the server died before it could answer.</summary>
    private static async Task<bool> AnswersAsync(Task call)
    {
        try
        {
            await call;
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Waits until all replicas are in sync, or the server has died.</summary>
    private static async Task InSyncAsync(ServerProcess server)
    {
        try
        {
            while (!IsInSync(await server.OkAsync("DescribeSecret", new { SecretId = "s" }, Cancel))) await PauseAsync();
        }
        catch (HttpRequestException)
        {
            // It died while it was asked.
        }
    }

    private static bool IsInSync(JsonNode described) =>
        described["ReplicationStatus"] is not JsonArray replicas
            || replicas.All(replica => replica!["Status"]!.GetValue<string>() == "InSync");

    private static Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);

    private static async Task<string> ValueAsync(ServerProcess server, string region) =>
        (await server.CallInAsync(region, "GetSecretValue", new { SecretId = "s" }, Cancel)).Text("SecretString");

    private static async Task<string> VersionsAsync(ServerProcess server, string region) =>
        (await server.CallInAsync(region, "DescribeSecret", new { SecretId = "s" }, Cancel)).Json["VersionIdsToStages"]!.ToJsonString();

    private static async Task<long> EventsAsync(string directory)
    {
        using var data = DataDirectory.Open(directory);
        await using var database = SqliteDatabase.Open(data, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
        return database.Read(session => session.Find(
            "SELECT COUNT(*) FROM audit_events WHERE event_name = 'ReplicationSucceeded'", row => row.Number(0)));
    }
}
