using Shouldly;
using Xunit;
using static Rekey.Server.Tests.Replication.ReplicationScene;

namespace Rekey.Server.Tests.Replication;

/// <summary>A promoted replica that gets replicas of its own: their ARNs are those of its former primary's.</summary>
public sealed class PromotedPrimaryTests(ReplicationFixture fixture) : IClassFixture<ReplicationFixture>
{
    private readonly ReplicationScene _scene = fixture.Scene;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReplicaOfTheFormerPrimary_IsNeitherTakenNorRemoved(bool forceOverwrite)
    {
        var name = NewName();
        await _scene.CreateAsync(Home, name, "one", Stop);
        await _scene.ReplicateAsync(name, Stop, West, Central);
        await _scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = name }, Stop);
        await _scene.ValueAsync(Central, name, Stop);

        await _scene.OkAsync(West, "ReplicateSecretToRegions", new
        {
            SecretId = name,
            AddReplicaRegions = new[] { new { Region = Central } },
            ForceOverwriteReplicaSecret = forceOverwrite,
        }, Stop);
        await _scene.SettledAsync(Stop);
        var promoted = await _scene.DescribeAsync(West, name, Stop);
        Statuses(promoted).ShouldBe(
            [$"{Central} Failed: Replication failed: Secret name {name} already exists in region {Central}."]);
        promoted["ReplicationStatus"]![0]!["LastAccessedDate"].ShouldBeNull("it is not the promoted secret's replica");

        await _scene.OkAsync(West, "RemoveRegionsFromReplication", new { SecretId = name, RemoveReplicaRegions = new[] { Central } }, Stop);
        await _scene.SettledAsync(Stop);
        await _scene.PutAsync(name, "two", Stop);
        await _scene.SettledAsync(Stop);
        (await _scene.ValueAsync(Central, name, Stop)).ShouldBe("two");
    }
}
