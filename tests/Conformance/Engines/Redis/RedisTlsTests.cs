using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Redis;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>Servers have a certificate for <c>localhost</c> and are met as that, or as 127.0.0.1, for which it is not.</summary>
public sealed class RedisTlsTests : IDisposable
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task TrustedCertificate_RotatesEncrypted(RedisKind kind)
    {
        await using var server = await StartAsync(kind, PrivateRedisSetup.WithTls(_authority));
        foreach (var alternating in (bool[])[false, true])
        {
            await server.SetUserAsync("app", _stop, "resetpass", ">old");
            var rotation = new RedisRotation(server, alternating, "app", "old");
            var result = await rotation.RotateAsync(_stop);
            result.Pin.ServerIdentity.ShouldStartWith($"tls=localhost:{server.Port} at=127.0.0.1:{server.Port}");
        }
        await using var session = await new RedisLogin(server.Options).LogInAsync(
            Login(server, TlsMode.VerifiedOrPlaintext, "localhost"), _stop);
        session.Server.Connection.IsEncrypted.ShouldBeTrue();
    }

    /// <summary>Its replicas announce themselves by address; their certificate is for the name that clients know.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task ReplicasOfOneCertificate_AreReachedEncrypted(RedisKind kind)
    {
        await using var set = await PrivateRedisSet.ReplicatedAsync(kind, 1, PrivateRedisSetup.WithTls(_authority), _stop);
        await set.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        var rotation = new RedisRotation(set.Primary, alternating: true, "app", "old");
        await rotation.RotateAsync(_stop);
        (await set.Replica.LogsInAsync(rotation.Username, rotation.Password, _stop)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(RedisKind.Redis7, TlsMode.Verified)]
    [InlineData(RedisKind.Redis7, TlsMode.VerifiedOrPlaintext)]
    [InlineData(RedisKind.Valkey8, TlsMode.Verified)]
    [InlineData(RedisKind.Valkey8, TlsMode.VerifiedOrPlaintext)]
    public async Task W12_RefusedCertificate_IsNeverPassedBy(RedisKind kind, TlsMode tls)
    {
        await using var server = await StartAsync(kind, PrivateRedisSetup.WithTls(_authority));
        await ShouldFailAsync(Login(server, tls, "127.0.0.1"), server.Options, "another name");
        await ShouldFailAsync(Login(server, tls, "localhost"), new RotatorOptions(), "authority");
        using var other = new TestAuthority();
        await ShouldFailAsync(Login(server, tls, "localhost"), new RotatorOptions { CaFile = other.CaFile }, "authority");
    }

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task W12_ServerWithoutTls_FailsWhereItIsRequired_AndIsUsedWhereItIsNot(RedisKind kind)
    {
        await using var server = await StartAsync(kind, new PrivateRedisSetup());
        var options = new RotatorOptions { CaFile = _authority.CaFile, ConnectTimeout = TimeSpan.FromSeconds(1) };
        // It waits for the end of a line that TLS does not send.
        (await new RedisLogin(options).LogInAsync(Login(server, TlsMode.Verified, "localhost"), _stop)
            .ShouldThrowAsync<RotatorException>()).Cause.ShouldBeOneOf(FailureCause.Timeout, FailureCause.Tls);
        var login = Login(server, TlsMode.VerifiedOrPlaintext, "localhost");
        await using var session = await new RedisLogin(server.Options).LogInAsync(login, _stop);
        session.Server.Connection.IsEncrypted.ShouldBeFalse();
    }

    private async Task<PrivateRedis> StartAsync(RedisKind kind, PrivateRedisSetup setup)
    {
        var server = await PrivateRedis.StartAsync(kind, setup, _stop);
        await server.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        return server;
    }

    private static DatabaseCredentials Login(PrivateRedis server, TlsMode tls, string host) => new()
    {
        Engine = "redis",
        Host = host,
        Port = server.Port,
        Username = "app",
        Password = Sensitive.FromText("old"),
        Tls = tls,
    };

    private async Task ShouldFailAsync(DatabaseCredentials credentials, RotatorOptions options, string why)
    {
        var failure = await new RedisLogin(options).LogInAsync(credentials, _stop).ShouldThrowAsync<RotatorException>();
        failure.Cause.ShouldBe(FailureCause.Tls);
        failure.Message.ShouldContain(why);
        var hops = await new RedisLogin(options).DiagnoseAsync(credentials, _stop).ToListAsync(_stop);
        (hops[^1].Hop, hops[^1].Ok).ShouldBe(("tls", false));
    }
}
