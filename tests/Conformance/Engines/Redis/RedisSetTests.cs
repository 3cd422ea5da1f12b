using Rekey.Rotators;
using Rekey.Rotators.Redis;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>Users are not replicated: what a rotation does it does on every server of a set.</summary>
public sealed class RedisSetTests
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RedisKind.Redis7, false)]
    [InlineData(RedisKind.Redis7, true)]
    [InlineData(RedisKind.Valkey8, false)]
    [InlineData(RedisKind.Valkey8, true)]
    public async Task W23_PrimaryAndReplicas_AllKnowTheNewPassword_AlsoAfterRestarts(RedisKind kind, bool alternating)
    {
        await using var set = await PrivateRedisSet.ReplicatedAsync(kind, 2, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await set.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        // By the primary's address, and by a replica's.
        foreach (var given in (PrivateRedis[])[set.Primary, set.Replica])
        {
            await set.SetUserAsync("app", _stop, "resetpass", ">old");
            var rotation = new RedisRotation(given, alternating, "app", "old");
            await rotation.RotateAsync(_stop);
            foreach (var server in set.All)
            {
                (await server.LogsInAsync(rotation.Username, rotation.Password, _stop)).ShouldBeTrue();
                (await server.LogsInAsync("app", "old", _stop)).ShouldBeTrue();
            }
            await rotation.RetireAsync(_stop);
            await set.RestartAsync(_stop);
            foreach (var server in set.All)
            {
                (await server.LogsInAsync(rotation.Username, rotation.Password, _stop)).ShouldBeTrue();
                (await server.LogsInAsync("app", "old", _stop)).ShouldBe(alternating);
            }
            (await rotation.Rotator.CheckAsync(rotation.Subject, _stop)).ShouldBeEmpty();
            rotation.Notices.ShouldBeEmpty();
        }
    }

    /// <summary>A rotation that ended after some servers were changed is finished by the next attempt.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task ServersThatDiffer_AreMadeEqual(RedisKind kind)
    {
        await using var set = await PrivateRedisSet.ReplicatedAsync(kind, 2, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        string[][] states = [[">old", ">new"], [">new"], [">old"], [">stray"], ["nopass"], [">old", "off"]];
        foreach (var (primary, replica) in states[..3].SelectMany(primary => states.Select(replica => (primary, replica))))
        {
            await set.SetUserAsync("app", _stop, "reset", "on", "~*", "+@read");
            await set.Primary.SetUserAsync("app", _stop, primary);
            foreach (var other in set.All.Skip(1)) await other.SetUserAsync("app", _stop, replica);
            var rotation = new RedisRotation(set.Primary, alternating: false, "app", "old");
            await rotation.SetAsync("new", _stop, mayBeLive: primary.Contains(">new"));
            foreach (var server in set.All)
            {
                (await server.FindUserAsync("app", _stop))!.Hashes.ShouldBe(
                    ((string[])[PrivateRedis.Hash("old"), PrivateRedis.Hash("new")]).Order(StringComparer.Ordinal));
            }
        }
    }

    /// <summary>A user that may change itself does it on every server, also where an earlier attempt left another password.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task UserThatChangesItself_ReachesEveryServer(RedisKind kind)
    {
        await using var set = await PrivateRedisSet.ReplicatedAsync(kind, 2, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await set.SetUserAsync("ops", _stop, "on", ">old", "~*", "&*", "+@all");
        await set.Primary.SetUserAsync("ops", _stop, ">new");
        await set.Replica.SetUserAsync("ops", _stop, ">new", "<old");
        var rotation = new RedisRotation(set.Primary, alternating: false, "ops", "old") { Superuser = null };
        var result = await rotation.SetAsync("new", _stop);
        rotation.Promote("new", result);
        foreach (var server in set.All) (await server.LogsInAsync("ops", "old", _stop)).ShouldBeTrue();
        await rotation.RetireAsync(_stop);
        foreach (var server in set.All) (await server.FindUserAsync("ops", _stop))!.Hashes.ShouldBe([PrivateRedis.Hash("new")]);
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task ReplicaWithoutTheUser_IsLeftSo_AndTold(RedisKind kind)
    {
        await using var set = await PrivateRedisSet.ReplicatedAsync(kind, 1, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await set.Primary.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        foreach (var alternating in (bool[])[false, true])
        {
            var rotation = new RedisRotation(set.Primary, alternating, "app", "old");
            await rotation.SetAsync("new", _stop);
            (await set.Replica.FindUserAsync("app", _stop)).ShouldBeNull();
            (await set.Replica.FindUserAsync("app_clone", _stop)).ShouldBeNull();
            rotation.Notices.ShouldContain(notice => notice.Contains($"{set.Replica.Port} has no user app"));
        }
    }

    /// <summary>Replication itself may log in as the user: its password follows, so that a replica finds its primary again.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task PasswordOfReplication_FollowsTheUsers(RedisKind kind)
    {
        await using var set = await PrivateRedisSet.ReplicatedAsync(kind, 2, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await set.SetUserAsync("mover", _stop, "on", ">old", "+psync", "+replconf", "+ping");
        foreach (var server in set.All)
        {
            await server.ExecuteAsync(_stop, "CONFIG", "SET", "masteruser", "mover");
            await server.ExecuteAsync(_stop, "CONFIG", "SET", "masterauth", "old");
            await server.ExecuteAsync(_stop, "CONFIG", "REWRITE");
        }
        var rotation = new RedisRotation(set.Primary, alternating: false, "mover", "old");
        for (var i = 0; i < 2; i++)
        {
            await rotation.RotateAsync(_stop);
            await set.RestartAsync(_stop);
            await rotation.RetireAsync(_stop);
            // It waits until the replicas are connected, which they are by the password in their files.
            await set.RestartAsync(_stop);
        }
        (await set.Replica.ExecuteAsync(_stop, "CONFIG", "GET", "masterauth")).Items[1].Text.ShouldBe(rotation.Password);
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task Failover_IsTheSameSystem(RedisKind kind)
    {
        await using var set = await PrivateRedisSet.ReplicatedAsync(kind, 1, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await set.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        var rotation = new RedisRotation(set.Primary, alternating: true, "app", "old");
        await rotation.RotateAsync(_stop);
        await set.Replica.ExecuteAsync(_stop, "REPLICAOF", "NO", "ONE");
        await set.Primary.ExecuteAsync(_stop, "REPLICAOF", PrivateRedis.Host, $"{set.Replica.Port}");
        await set.UntilInStepAsync(_stop);
        await rotation.RotateAsync(_stop);
        foreach (var server in set.All) (await server.LogsInAsync("app", rotation.Password, _stop)).ShouldBeTrue();
    }

    /// <summary>A server cannot aim Rekey, and the superuser's password, at a machine of its choice.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task W11_AnnouncedAddressElsewhere_GetsNoCredentials(RedisKind kind)
    {
        await using var set = await PrivateRedisSet.ReplicatedAsync(
            kind, 1, new PrivateRedisSetup { UsesAclFile = true, Settings = ["replica-announce-ip 203.0.113.9"] }, _stop);
        await set.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        var failure = await new RedisRotation(set.Primary, alternating: false, "app", "old").SetAsync("n3w", _stop)
            .ShouldFailAsync(FailureCause.Precondition, "n3w");
        failure.Message.ShouldContain("203.0.113.9");
        (await set.Primary.LogsInAsync("app", "n3w", _stop)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task EveryMemberOfACluster_KnowsTheNewPassword(RedisKind kind)
    {
        await using var set = await PrivateRedisSet.ClusterAsync(kind, 3, _stop);
        await set.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        foreach (var alternating in (bool[])[false, true])
        {
            await set.SetUserAsync("app", _stop, "resetpass", ">old");
            // The superuser's secret may name another member.
            var rotation = new RedisRotation(set.Replica, alternating, "app", "old") { Superuser = set.Primary.AdminCredentials };
            await rotation.RotateAsync(_stop);
            await rotation.RetireAsync(_stop);
            foreach (var server in set.All)
                (await server.LogsInAsync(rotation.Username, rotation.Password, _stop)).ShouldBeTrue();
        }

        // A member that is down would come back with its old password: nothing is changed until it is back or forgotten.
        await set.All[2].CrashAsync();
        await PrivateRedisSet.UntilAsync(
            async () => (await set.Primary.ExecuteAsync(_stop, "CLUSTER", "NODES")).Text.Contains("master,fail "), _stop);
        await set.Primary.SetUserAsync("app", _stop, "resetpass", ">old");
        await new RedisRotation(set.Primary, alternating: false, "app", "old").SetAsync("n3w", _stop)
            .ShouldFailAsync(FailureCause.Unavailable, "n3w");
        (await set.Primary.LogsInAsync("app", "n3w", _stop)).ShouldBeFalse();
    }
}
