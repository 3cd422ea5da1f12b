using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>Servers are met as <c>localhost</c>, which their certificate names, or as 127.0.0.1, which it does not.</summary>
public sealed class PostgresTlsTests(PostgresServers servers)
{
    private const string Named = "localhost";
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly string _pending = TestRole.NewPassword();

    private RotatorOptions Trusting => new() { CaFile = servers.Authority.CaFile };

    [Theory]
    [InlineData(15)]
    [InlineData(18)]
    public async Task TrustedCertificate_RotatesEncrypted(int version)
    {
        var server = await servers.GetAsync(version);
        // Would be turned away without TLS.
        var role = await TestRole.CreateAsync(server, _stop, group: PostgresServers.ByTlsOnly);
        foreach (var tls in (TlsMode[])[TlsMode.Verified, TlsMode.VerifiedOrPlaintext])
        {
            var pending = TestRole.NewPassword();
            var rotation = new RotationRequest
            {
                Current = role.With(tls == TlsMode.Verified ? role.Password : _pending, tls, Named),
                Pending = role.With(tls == TlsMode.Verified ? _pending : pending, tls, Named),
            };
            await PostgresRotation.Rotator(Trusting).SetSecretAsync(rotation, _stop);
            await PostgresRotation.Rotator(Trusting).TestSecretAsync(rotation, _stop);
        }
        server.Log.ShouldContain($"connection authorized: user={role.Name} database=postgres application_name=rekey SSL enabled");
    }

    [Theory]
    [InlineData(TlsMode.Verified)]
    [InlineData(TlsMode.VerifiedOrPlaintext)]
    public async Task W12_UnknownAuthority_IsATlsFailure_WithoutALogin(TlsMode tls)
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        await ShouldFailWithoutLoginAsync(role, role.With(role.Password, tls, Named), new RotatorOptions());
    }

    [Theory]
    [InlineData(TlsMode.Verified)]
    [InlineData(TlsMode.VerifiedOrPlaintext)]
    public async Task CertificateForAnotherName_IsATlsFailure_WithoutALogin(TlsMode tls)
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        await ShouldFailWithoutLoginAsync(role, role.With(role.Password, tls, PrivatePostgres.Host), Trusting);
    }

    [Fact]
    public async Task CertificatePastItsDate_IsATlsFailure()
    {
        var (certificate, key) = servers.Authority.Issue(Named, isExpired: true);
        await using var server = await PrivatePostgres.StartAsync(15, new PostgresSetup
        {
            Settings = ["ssl = on"],
            Files = new Dictionary<string, string> { ["server.crt"] = certificate, ["server.key"] = key },
        }, _stop);
        var role = await TestRole.CreateAsync(server, _stop);
        await ShouldFailWithoutLoginAsync(role, role.With(role.Password, TlsMode.Verified, Named), Trusting);
        var hops = await PostgresRotation.Rotator(Trusting)
            .DiagnoseAsync(
                new RotationSubject { Current = role.With(role.Password, TlsMode.Verified, Named) }, _stop).ToListAsync(_stop);
        hops[^1].Detail.ShouldContain("expired");
    }

    [Fact]
    public async Task W12_ServerWithoutTls_FailsWhereItIsRequired_AndIsUsedWhereItIsNot()
    {
        await using var server = await PrivatePostgres.StartAsync(15, _stop);
        var role = await TestRole.CreateAsync(server, _stop);
        await ShouldFailWithoutLoginAsync(role, role.With(role.Password, TlsMode.Verified, Named), Trusting);
        var credentials = role.With(role.Password, TlsMode.VerifiedOrPlaintext, Named);
        await PostgresRotation.Rotator(Trusting).TestSecretAsync(new() { Current = credentials, Pending = credentials }, _stop);
    }

    [Fact]
    public async Task PlaintextWhereTheServerWantsTls_IsATlsFailure()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop, group: PostgresServers.ByTlsOnly);
        await ShouldFailWithoutLoginAsync(role, role.With(role.Password), Trusting);
    }

    [Fact]
    public async Task FileOfAuthoritiesThatIsMissing_IsAPrecondition()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        var credentials = role.With(role.Password, TlsMode.Verified, Named);
        await PostgresRotation.Rotator(new RotatorOptions { CaFile = "/nowhere/ca.pem" })
            .TestSecretAsync(new() { Current = credentials, Pending = credentials }, _stop)
            .ShouldFailAsync(FailureCause.Precondition, role.Password);
    }

    private async Task ShouldFailWithoutLoginAsync(TestRole role, DatabaseCredentials credentials, RotatorOptions options)
    {
        var pending = role.With(_pending, credentials.Tls, credentials.Host);
        await PostgresRotation.Rotator(options).SetSecretAsync(new() { Current = credentials, Pending = pending }, _stop)
            .ShouldFailAsync(FailureCause.Tls, role.Password, _pending);
        role.RefusedLogins().ShouldBe(0);
    }
}
