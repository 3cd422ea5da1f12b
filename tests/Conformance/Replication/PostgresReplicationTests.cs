using Rekey.Conformance.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Replication;
using Shouldly;
using Xunit;
using static Rekey.Server.Tests.Replication.ReplicationScene;

namespace Rekey.Conformance.Replication;

/// <summary>Replication with PostgreSQL as the store, with one node and with two that deliver side by side.</summary>
public sealed class PostgresReplicationTests(PostgresStore store) : IClassFixture<PostgresStore>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LifeOfAReplica_IsAsOnSqlite()
    {
        var options = new TestServerOptions { Database = await store.CreateDatabaseAsync(Stop) };
        await using var scene = await StartAsync(Stop, options);
        await scene.CreateAsync(Home, "s", "first", Stop);
        await scene.CreateAsync(South, "s", "theirs", Stop);
        await scene.ReplicateAsync("s", Stop, West, Central, South);
        (await scene.StatusAsync("s", Stop)).ShouldBe(
            [
                $"{South} Failed: Replication failed: Secret name s already exists in region {South}.",
                $"{Central} InSync: {Succeeded}", $"{West} InSync: {Succeeded}",
            ]);

        await scene.PutAsync("s", "second", Stop);
        await scene.SettledAsync(Stop);
        (await scene.ValueAsync(West, "s", Stop)).ShouldBe("second");

        await scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = "s" }, Stop);
        await scene.OkAsync(Home, "RemoveRegionsFromReplication", new { SecretId = "s", RemoveReplicaRegions = new[] { South } }, Stop);
        await scene.PutAsync("s", "third", Stop);
        await scene.SettledAsync(Stop);
        (await scene.ValueAsync(West, "s", Stop)).ShouldBe("second");
        (await scene.ValueAsync(Central, "s", Stop)).ShouldBe("third");
        (await scene.ValueAsync(South, "s", Stop)).ShouldBe("theirs");
        (await scene.StatusAsync("s", Stop)).ShouldBe([$"{Central} InSync: {Succeeded}"]);
        var listed = await scene.OkAsync(
            Central, "ListSecrets", new { Filters = new[] { new { Key = "primary-region", Values = new[] { "us-" } } } }, Stop);
        listed["SecretList"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task TwoNodes_ConvergeUnderConcurrentChanges()
    {
        var options = new TestServerOptions { Database = await store.CreateDatabaseAsync(Stop) };
        var directory = Directory.CreateTempSubdirectory("rekey-node-").FullName;
        try
        {
            await using var one = await StartAsync(Stop, options);
            File.Copy(Path.Combine(one.Server.DataDirectory, "root.key"), Path.Combine(directory, "root.key"));
            await using var two = await StartAsync(Stop, options with { DataDirectory = directory });
            await one.CreateAsync(Home, "s", "first", Stop);
            await one.ReplicateAsync("s", Stop, West, Central);
            await Task.WhenAll(
                Task.Run(() => ChangeAsync(one), Stop), Task.Run(() => ChangeAsync(two), Stop));
            await one.SettledAsync(Stop);

            var current = await one.ValueAsync(Home, "s", Stop);
            foreach (var region in new[] { West, Central }) (await two.ValueAsync(region, "s", Stop)).ShouldBe(current, region);
            (await two.StatusAsync("s", Stop)).ShouldBe([$"{Central} InSync: {Succeeded}", $"{West} InSync: {Succeeded}"]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task ChangeAsync(ReplicationScene node)
    {
        for (var i = 0; i < 20; i++) await node.PutAsync("s", $"{i}", Stop);
    }
}
