using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres;

public sealed class PostgresDiagnosisTests(PostgresServers servers)
{
    private static readonly string[] AllHops = ["resolve", "connect", "tls", "login", "privileges"];
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task SecretThatCanRotate_PassesEveryHop_AndChangesNothing(int version)
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(version), _stop);
        var stored = await role.StoredPasswordAsync(_stop);
        foreach (var tls in Enum.GetValues<TlsMode>())
        {
            var hops = await DiagnoseAsync(role.With(role.Password, tls, "localhost"));
            hops.Select(hop => hop.Hop).ShouldBe(AllHops);
            hops.ShouldAllBe(hop => hop.Ok);
        }
        (await role.StoredPasswordAsync(_stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task NameThatDoesNotResolve_StopsThere() =>
        await ShouldStopAsync("resolve", FailureCause.Network, role => role.With(role.Password, host: "no-such-host.invalid"));

    [Fact]
    public async Task PortWhereNobodyListens_StopsThere() =>
        await ShouldStopAsync("connect", FailureCause.Network, role => role.With(role.Password, port: FreePort.Next()));

    [Fact]
    public async Task CertificateForAnotherName_StopsThere() =>
        await ShouldStopAsync("tls", FailureCause.Tls, role => role.With(role.Password, TlsMode.Verified, PrivatePostgres.Host));

    [Fact]
    public async Task WrongPassword_StopsThere() =>
        await ShouldStopAsync("login", FailureCause.Auth, role => role.With(TestRole.NewPassword()));

    [Fact]
    public async Task RoleThatMayNotChangeItsPassword_StopsAtPrivileges() => await ShouldStopAsync(
        "privileges", FailureCause.Privilege, role => role.With(role.Password), "SET rds.restrict_password_commands = 'on'");

    [Fact]
    public async Task PasswordWithADate_IsMentioned()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop, options: "VALID UNTIL '2199-12-31'");
        (await DiagnoseAsync(role.With(role.Password)))[^1].Detail.ShouldContain("2199-12-31");
    }

    [Fact]
    public async Task ServerThatTrusts_IsToldSo()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop, group: PostgresServers.ByTrust);
        (await DiagnoseAsync(role.With("anything")))[3].Detail.ShouldContain("trust");
    }

    private async Task<HopResult> ShouldStopAsync(
        string hop, FailureCause cause, Func<TestRole, DatabaseCredentials> credentials, string? alteration = null)
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        if (alteration is not null) await role.AlterAsync(alteration, _stop);
        var used = credentials(role);
        var hops = await DiagnoseAsync(used);
        hops.Select(result => result.Hop).ShouldBe(AllHops[..(Array.IndexOf(AllHops, hop) + 1)]);
        hops[..^1].ShouldAllBe(result => result.Ok);
        var last = hops[^1];
        last.Ok.ShouldBeFalse();
        last.Cause.ShouldBe(cause);
        last.Remedy.ShouldNotBeNullOrEmpty();
        last.ToString().ShouldNotContain(used.Password.RevealText());
        return last;
    }

    private async Task<List<HopResult>> DiagnoseAsync(DatabaseCredentials credentials)
    {
        var rotator = PostgresRotation.Rotator(new RotatorOptions { CaFile = servers.Authority.CaFile });
        return await rotator.DiagnoseAsync(new RotationSubject { Current = credentials }, _stop).ToListAsync(_stop);
    }
}
