using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

public sealed class MySqlDiagnosisTests(MySqlServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    private async Task<List<HopResult>> DiagnoseAsync(DatabaseCredentials credentials, string? caFile = null)
    {
        var hops = new List<HopResult>();
        var rotator = MySqlRotation.Rotator(caFile ?? servers.Authority.CaFile);
        await foreach (var hop in rotator.DiagnoseAsync(new RotationSubject { Current = credentials }, _stop)) hops.Add(hop);
        hops.SkipLast(1).ShouldAllBe(hop => hop.Ok, "it stops at the first hop that fails");
        hops.Where(hop => !hop.Ok).ShouldAllBe(hop => hop.Remedy != null && hop.Cause != null);
        string.Concat(hops).ShouldNotContain(credentials.Password.RevealText());
        return hops;
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb, "MariaDB 10.11", "mysql_native_password")]
    [InlineData(MySqlServers.MySql, "MySQL 9", "caching_sha2_password")]
    public async Task EverythingInOrder_ShowsAllFiveHops(string kind, string version, string plugin)
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(kind), _stop);
        var hops = await DiagnoseAsync(account.With(account.Password));
        hops.Select(hop => hop.Hop).ShouldBe(["resolve", "connect", "tls", "login", "privileges"]);
        hops.ShouldAllBe(hop => hop.Ok);
        hops[2].Detail.ShouldStartWith("TLSv1.");
        hops[3].Detail.ShouldStartWith($"{account.Name}@% on {version}");
        hops[4].Detail.ShouldContain(plugin);
    }

    [Fact]
    public async Task PlaintextAskedFor_IsSaid()
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(MySqlServers.MySql), _stop);
        (await DiagnoseAsync(account.With(account.Password, TlsMode.Plaintext)))[2].Detail.ShouldBe("not used: ssl is false in the secret");
    }

    [Fact]
    public async Task FallbackTaken_IsSaid()
    {
        var account = await TestAccount.CreateAsync(await servers.GetWithoutTlsAsync(), _stop);
        (await DiagnoseAsync(account.With(account.Password, TlsMode.VerifiedOrPlaintext)))[2].Detail.ShouldContain("does not offer it");
    }

    [Fact]
    public async Task UnknownHost_FailsAtResolve()
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(MySqlServers.MariaDb), _stop);
        var hops = await DiagnoseAsync(account.With(account.Password, host: "nowhere.invalid"));
        (hops.Single().Hop, hops[0].Cause).ShouldBe(("resolve", FailureCause.Network));
    }

    [Fact]
    public async Task ClosedPort_FailsAtConnect()
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(MySqlServers.MariaDb), _stop);
        var hops = await DiagnoseAsync(account.With(account.Password, port: FreePort.Next()));
        (hops[^1].Hop, hops[^1].Cause).ShouldBe(("connect", FailureCause.Network));
    }

    [Fact]
    public async Task CertificateOfAnUnknownAuthority_FailsAtTls()
    {
        using var other = new TestAuthority();
        var account = await TestAccount.CreateAsync(await servers.GetAsync(MySqlServers.MySql), _stop);
        var hops = await DiagnoseAsync(account.With(account.Password), other.CaFile);
        (hops[^1].Hop, hops[^1].Cause).ShouldBe(("tls", FailureCause.Tls));
    }

    [Fact]
    public async Task WrongPassword_FailsAtLogin()
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(MySqlServers.MySql), _stop);
        var hops = await DiagnoseAsync(account.With("wr0ng-password"));
        hops.Select(hop => hop.Hop).ShouldBe(["resolve", "connect", "tls", "login"]);
        hops[^1].Cause.ShouldBe(FailureCause.Auth);
        account.RefusedLogins().ShouldBe(1);
    }

    [Fact]
    public async Task ReadOnlyServer_FailsAtPrivileges()
    {
        await using var server = await PrivateMariaDb.StartAsync(PrivateServerSetup.WithTls(servers.Authority), _stop);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.ExecuteAsync("SET GLOBAL read_only = ON", _stop);
        var hops = await DiagnoseAsync(account.With(account.Password));
        (hops[^1].Hop, hops[^1].Ok, hops[^1].Cause).ShouldBe(("privileges", false, FailureCause.Unavailable));
    }

    [Fact]
    public async Task ExpiredPassword_IsSaidToBeMendedByARotation()
    {
        var account = await TestAccount.CreateAsync(
            await servers.GetAsync(MySqlServers.MariaDb), _stop, "IDENTIFIED BY {0} PASSWORD EXPIRE");
        (await DiagnoseAsync(account.With(account.Password)))[3].Detail.ShouldContain("has expired");
    }
}
