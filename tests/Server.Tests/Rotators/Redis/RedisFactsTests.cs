using System.Net;
using Rekey.Rotators;
using Rekey.Rotators.Redis;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Redis;

/// <summary>What servers say of themselves and of each other, and how far it is believed.</summary>
public sealed class RedisFactsTests
{
    private const string Id = "6cf73a754df7a4c4c355fbd8f109221521aba63c";
    private static readonly RedisEndpoint Self = new("127.0.0.1", 7000);

    [Fact]
    public void Primary_NamesItsReplicas()
    {
        var facts = RedisFacts.Parse(
            $"# Server\r\nredis_version:7.0.15\r\n# Replication\r\nrole:master\r\nconnected_slaves:2\r\n"
                + "slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=0\r\nslave1:ip=db-2.example,port=6380,state=online\r\n"
                + $"master_replid:{Id}\r\nmaster_replid2:0000000000000000000000000000000000000000\r\n# Cluster\r\ncluster_enabled:0\r\n");
        facts.Others.ShouldBe([new RedisEndpoint("10.0.0.2", 6379), new RedisEndpoint("db-2.example", 6380)]);
        facts.ReplicationIds.ShouldBe([Id]);
        (facts.IsReplica, facts.IsCluster, facts.Version).ShouldBe((false, false, "7.0.15"));
    }

    [Fact]
    public void Replica_NamesItsPrimary()
    {
        var facts = RedisFacts.Parse(
            "role:slave\r\nmaster_host:::1\r\nmaster_port:6379\r\nvalkey_version:8.0.1\r\nredis_version:7.2.4\r\n");
        facts.Others.ShouldBe([new RedisEndpoint("::1", 6379)]);
        facts.Version.ShouldBe("8.0.1");
    }

    [Theory]
    [InlineData("role:slave\r\nmaster_host:\r\nmaster_port:6379\r\n")]
    [InlineData("role:slave\r\nmaster_host:a\r\nmaster_port:0\r\n")]
    [InlineData("role:master\r\nslave0:ip=a,port=65536\r\n")]
    [InlineData("role:master\r\nslave0:nonsense\r\n")]
    public void AddressThatIsNone_IsRefused(string info) => Should.Throw<InvalidDataException>(() => RedisFacts.Parse(info));

    [Fact]
    public void ClusterNodes_AreListedWithTheirNames()
    {
        RedisFacts.ParseClusterNodes(
            "aa 127.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-5460\n"
                + "bb 127.0.0.1:7001@17001,node-1.example master - 0 1 2 connected 5461-10922\n"
                + "cc fd00::2:7002@17002,,shard-id=69bc slave aa 0 1 3 connected\n"
                + "dd :0@0 handshake - 0 0 0 connected\n",
            Self).ShouldBe([Self, new RedisEndpoint("node-1.example", 7001), new RedisEndpoint("fd00::2", 7002)]);
    }

    /// <summary>A member that is down would come back with its old password.</summary>
    [Theory]
    [InlineData("master,fail")]
    [InlineData("slave,noaddr")]
    public void MemberThatIsDown_StopsTheRotation(string flags) => Should.Throw<RotatorException>(
        () => RedisFacts.ParseClusterNodes($"bb 127.0.0.1:7001@17001 {flags} - 0 1 2 connected\n", Self))
        .Cause.ShouldBe(FailureCause.Unavailable);

    [Theory]
    [InlineData("10.0.0.5", "10.0.0.1", false, true)]
    [InlineData("203.0.113.5", "10.0.0.1", false, false)]
    [InlineData("203.0.113.5", "203.0.113.5", false, true)]
    [InlineData("203.0.113.5", "203.0.113.1", true, true)]
    [InlineData("127.0.0.1", "10.0.0.1", true, false)]
    [InlineData("127.0.0.1", "127.0.0.1", false, true)]
    [InlineData("::1", "127.0.0.1", false, true)]
    [InlineData("169.254.169.254", "10.0.0.1", true, false)]
    [InlineData("::ffff:169.254.169.254", "10.0.0.1", true, false)]
    [InlineData("fe80::1", "fd00::1", true, false)]
    [InlineData("fd00::2", "fd00::1", false, true)]
    [InlineData("0.0.0.0", "10.0.0.1", true, false)]
    [InlineData("224.0.0.1", "10.0.0.1", true, false)]
    [InlineData("100.64.0.9", "10.0.0.1", false, true)]
    [InlineData("172.32.0.9", "10.0.0.1", false, false)]
    public void AnnouncedAddress_IsBelievedOnlyWhereItCanDoNoHarm(string announced, string by, bool isEncrypted, bool isAllowed) =>
        AnnouncedAddress.IsAllowed(IPAddress.Parse(announced), IPAddress.Parse(by), isEncrypted).ShouldBe(isAllowed);

    [Theory]
    [InlineData("at=10.0.0.1:6379 replid=aa", "at=10.0.0.1:6379 replid=bb", true)] // restarted without a snapshot
    [InlineData("at=10.0.0.2:6379 replid=aa", "at=10.0.0.1:6379 replid=aa", true)] // moved
    [InlineData("tls=db:6379 at=10.0.0.2:6379", "tls=db:6379 at=10.0.0.1:6379 replid=bb", true)]
    [InlineData("at=10.0.0.2:6379 replid=aa", "at=10.0.0.1:6379 replid=bb", false)]
    [InlineData("at=10.0.0.1:6380", "at=10.0.0.1:6379", false)]
    [InlineData("", "", false)]
    public void Identities_AgreeByAnyEvidence(string one, string other, bool isSame) =>
        RedisIdentity.Parse(one).IsSameSystem(RedisIdentity.Parse(other), []).ShouldBe(isSame);

    [Fact]
    public void Failover_KeepsTheSystem_ByTheHistoryItTookOver() =>
        new RedisIdentity(null, "10.0.0.2:6379", ["new", "old"]).IsSameSystem(RedisIdentity.Parse("at=10.0.0.1:6379 replid=old"), [])
            .ShouldBeTrue();

    [Fact]
    public void AnotherMemberOfTheSet_IsTheSameSystem() =>
        RedisIdentity.Parse("at=10.0.0.1:6379 replid=aa").IsSameSystem(
            RedisIdentity.Parse("at=10.0.0.2:6379 replid=bb"), ["10.0.0.1:6379", "10.0.0.2:6379"]).ShouldBeTrue();

    [Fact]
    public void Identity_IsReadBackAsWritten()
    {
        var identity = new RedisIdentity("db:6379", "[::1]:6379", [Id, "former"]);
        identity.ToString().ShouldBe($"tls=db:6379 at=[::1]:6379 replid={Id}");
        RedisIdentity.Parse(identity.ToString()).ToString().ShouldBe(identity.ToString());
    }
}
