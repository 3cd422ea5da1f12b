using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

public sealed class MySqlTlsTests(MySqlServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    private IDatabaseRotator Rotator => MySqlRotation.Rotator(servers.Authority.CaFile);

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task CertificateOfAnUnknownAuthority_IsRefused(string kind)
    {
        using var other = new TestAuthority();
        await ShouldRefuseAsync(kind, MySqlRotation.Rotator(other.CaFile), "could not be verified|no known authority", host: null);
        await ShouldRefuseAsync(kind, MySqlRotation.Rotator(caFile: null), "could not be verified|no known authority", host: null);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public Task CertificateForAnotherName_IsRefused(string kind) =>
        ShouldRefuseAsync(kind, Rotator, "is for another host name", "127.0.0.1");

    [Fact]
    public async Task ExpiredCertificate_IsRefused()
    {
        await using var server = await PrivateMariaDb.StartAsync(
            PrivateServerSetup.WithTls(servers.Authority, isExpired: true) with { AdminUsesTls = false }, _stop);
        var account = await TestAccount.CreateAsync(server, _stop);
        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, "pending"), _stop)
            .FailureAsync(FailureCause.Tls, account.Password);
        failure.Message.ShouldContain("has expired");
    }

    [Fact]
    public async Task W12_ServerWithoutTls_IsSpokenToInPlaintextOnlyWhereThatIsAllowed()
    {
        var server = await servers.GetWithoutTlsAsync();
        var account = await TestAccount.CreateAsync(server, _stop);
        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, "pending"), _stop)
            .FailureAsync(FailureCause.Tls, account.Password);
        failure.Message.ShouldContain("does not offer TLS");

        var current = account.Password;
        foreach (var mode in (TlsMode[])[TlsMode.Plaintext, TlsMode.VerifiedOrPlaintext])
        {
            var pending = TestAccount.NewPassword();
            var rotation = account.Rotation(current, pending, tls: mode);
            await Rotator.SetSecretAsync(rotation, _stop);
            await Rotator.TestSecretAsync(rotation, _stop);
            current = pending;
        }
    }

    [Fact]
    public async Task W12_FallbackAllowed_ButServerHasABadCertificate_IsRefusedNotDowngraded()
    {
        using var other = new TestAuthority();
        var account = await TestAccount.CreateAsync(await servers.GetAsync(MySqlServers.MySql), _stop);
        var rotation = account.Rotation(account.Password, "pending", tls: TlsMode.VerifiedOrPlaintext);
        await MySqlRotation.Rotator(other.CaFile).SetSecretAsync(rotation, _stop).FailureAsync(FailureCause.Tls, account.Password);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task PlaintextAskedFor_ServerWithTls_Rotates(string kind)
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(kind), _stop);
        var pending = TestAccount.NewPassword();
        var rotation = account.Rotation(account.Password, pending, tls: TlsMode.Plaintext);
        await Rotator.SetSecretAsync(rotation, _stop);
        await Rotator.TestSecretAsync(rotation, _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task PlaintextAskedFor_ServerThatWantsTls_IsRefusedWithTheRemedy(string kind)
    {
        var setup = PrivateServerSetup.WithTls(servers.Authority) with { Settings = ["--require-secure-transport=ON"] };
        await using PrivateServer server = kind == MySqlServers.MySql
            ? await PrivateMySql.StartAsync(setup, _stop)
            : await PrivateMariaDb.StartAsync(setup, _stop);
        var account = await TestAccount.CreateAsync(server, _stop);

        // MariaDB does not say why it refuses.
        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, "pending", tls: TlsMode.Plaintext), _stop)
            .FailureAsync(kind == MySqlServers.MySql ? FailureCause.Tls : FailureCause.Auth, account.Password);

        failure.Message.ShouldContain(kind == MySqlServers.MySql ? "set ssl to true" : "wants TLS, which the secret's ssl turns off");
        await account.ShouldHoldAsync(account.Password, _stop);
        await Rotator.SetSecretAsync(account.Rotation(account.Password, account.Password), _stop);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task VerifiedLogin_IsEncrypted(string kind)
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(kind), _stop, "IDENTIFIED BY {0} REQUIRE SSL");
        var pending = TestAccount.NewPassword();
        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop);
        await account.ShouldHoldAsync(pending, _stop);
    }

    private async Task ShouldRefuseAsync(string kind, IDatabaseRotator rotator, string texts, string? host)
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(kind), _stop);
        var rotation = new RotationRequest
        {
            Current = account.With(account.Password, host: host),
            Pending = account.With("pending", host: host),
        };
        var failure = await rotator.SetSecretAsync(rotation, _stop).FailureAsync(FailureCause.Tls, account.Password);
        failure.IsTransient.ShouldBeFalse();
        texts.Split('|').ShouldContain(text => failure.Message.Contains(text), failure.Message);
        account.RefusedLogins().ShouldBe(0);
        await account.ShouldHoldAsync(account.Password, _stop);
    }
}
