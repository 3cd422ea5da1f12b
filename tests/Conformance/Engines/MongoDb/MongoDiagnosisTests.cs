using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MongoDb;

public sealed class MongoDiagnosisTests(MongoServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task WorkingUser_WalksEveryHop()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        var hops = await WalkAsync(MongoRotation.SingleUser, account.Rotation(account.Password, "unused"));
        hops.Select(hop => hop.Hop).ShouldBe(["resolve", "connect", "tls", "login", "privileges"]);
        hops.ShouldAllBe(hop => hop.Ok);
    }

    [Fact]
    public async Task Pair_WalksThroughTheSuperuserToTheRights()
    {
        var pair = await MongoPair.CreateAsync(await servers.GetSetAsync(), _stop, database: "shop");
        var hops = await WalkAsync(MongoRotation.MultiUser, pair.RequestFor("unused"));
        hops.Select(hop => hop.Hop).ShouldBe(["resolve", "connect", "tls", "login", "privileges", "clone", "superuser", "rights"]);
        hops.ShouldAllBe(hop => hop.Ok);
    }

    [Fact]
    public async Task UserThatMayNotChangeItself_IsToldSo()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop, mayChangeItself: false);
        var last = (await WalkAsync(MongoRotation.SingleUser, account.Rotation(account.Password, "unused")))[^1];
        (last.Hop, last.Ok, last.Cause).ShouldBe(("privileges", false, FailureCause.Privilege));
        last.Remedy!.ShouldContain("changeOwnPassword");
    }

    /// <summary>The superuser may be bound by the rotation's configuration alone, so that the value has no masterarn.</summary>
    [Fact]
    public async Task UserThatMayNotChangeItself_NeedNot_WhereASuperuserIsBound()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop, mayChangeItself: false);
        var request = account.Alternation((account.Name, account.Password), (account.Name, "unused"));
        var hops = await WalkAsync(MongoRotation.SingleUser, request);
        hops.Select(hop => hop.Hop).ShouldBe(["resolve", "connect", "tls", "login", "privileges", "superuser"]);
        hops.ShouldAllBe(hop => hop.Ok);
    }

    [Fact]
    public async Task WrongPassword_EndsAtTheLogin()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        var wrong = MongoAccount.NewPassword();
        var last = (await WalkAsync(MongoRotation.SingleUser, account.Rotation(wrong, "unused")))[^1];
        (last.Hop, last.Ok, last.Cause).ShouldBe(("login", false, FailureCause.Auth));
        last.ToString().ShouldNotContain(wrong);
    }

    [Fact]
    public async Task ServerWithoutTls_EndsAtTls()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        var last = (await WalkAsync(MongoRotation.SingleUser, account.Rotation("x", "unused", tls: TlsMode.Verified)))[^1];
        (last.Hop, last.Ok, last.Cause).ShouldBe(("tls", false, FailureCause.Tls));
    }

    [Fact]
    public async Task ClosedPort_EndsAtConnect()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        var last = (await WalkAsync(MongoRotation.SingleUser, account.Rotation("x", "unused", port: FreePort.Next())))[^1];
        (last.Hop, last.Ok, last.Cause).ShouldBe(("connect", false, FailureCause.Network));
    }

    private async Task<List<HopResult>> WalkAsync(IDatabaseRotator rotator, RotationSubject subject)
    {
        List<HopResult> hops = [];
        await foreach (var hop in rotator.DiagnoseAsync(subject, _stop)) hops.Add(hop);
        return hops;
    }
}
