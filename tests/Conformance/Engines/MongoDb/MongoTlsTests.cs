using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MongoDb;

public sealed class MongoTlsTests(MongoServers servers) : IDisposable
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly TestAuthority _authority = new();

    private IDatabaseRotator Rotator => Trusting(_authority.CaFile);

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData(TlsMode.Verified)]
    [InlineData(TlsMode.VerifiedOrPlaintext)]
    public async Task TrustedCertificate_Rotates(TlsMode tls)
    {
        var server = await servers.GetSetAsync();
        var account = await MongoAccount.CreateAsync(server, _stop);
        await using var front = new TlsFront(_authority, PrivateMongo.Host, account.Port);
        var pending = MongoAccount.NewPassword();
        await Rotator.RotateAsync(account.Rotation(account.Password, pending, port: front.Port, tls: tls), _stop);
        await account.ShouldLogInAsync(pending);
    }

    /// <summary>W12: a certificate that does not convince is a failure, never a reason to go on without TLS.</summary>
    [Theory]
    [InlineData("wrong name", TlsMode.Verified)]
    [InlineData("wrong name", TlsMode.VerifiedOrPlaintext)]
    [InlineData("expired", TlsMode.Verified)]
    [InlineData("expired", TlsMode.VerifiedOrPlaintext)]
    [InlineData("unknown authority", TlsMode.Verified)]
    [InlineData("unknown authority", TlsMode.VerifiedOrPlaintext)]
    public async Task W12_RefusedCertificate_IsTls_AndNothingIsSent(string fault, TlsMode tls)
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        using var stranger = new TestAuthority();
        await using var front = new TlsFront(
            fault == "unknown authority" ? stranger : _authority, fault == "wrong name" ? "other.example" : PrivateMongo.Host,
            account.Port, isExpired: fault == "expired");
        var request = account.Rotation(account.Password, MongoAccount.NewPassword(), port: front.Port, tls: tls);
        var failure = await MongoRotation.FailureOfAsync(Rotator.SetSecretAsync(request, _stop), FailureCause.Tls, account.Password);
        failure.TargetUntouched.ShouldBeTrue();
        await account.ShouldLogInAsync(account.Password);
    }

    /// <summary>W12: without a word in the secret a server must speak TLS, unless the operator says otherwise.</summary>
    [Fact]
    public async Task W12_ServerWithoutTls_IsUsedOnlyWhereTheOperatorAllows()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        var pending = MongoAccount.NewPassword();
        var verified = account.Rotation(account.Password, pending, tls: TlsMode.Verified);
        var failure = await MongoRotation.FailureOfAsync(Rotator.SetSecretAsync(verified, _stop), FailureCause.Tls, account.Password);
        failure.Message.ShouldContain("does not speak TLS");

        await Rotator.RotateAsync(account.Rotation(account.Password, pending, tls: TlsMode.VerifiedOrPlaintext), _stop);
        await account.ShouldLogInAsync(pending);
    }

    private static IDatabaseRotator Trusting(string caFile) => MongoRotation.Rotator(
        "SecretsManagerMongoDBRotationSingleUser",
        new RotatorOptions
        {
            CaFile = caFile,
            ConnectTimeout = TimeSpan.FromSeconds(20),
            CommandTimeout = TimeSpan.FromSeconds(20),
        });
}
