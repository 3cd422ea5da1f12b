using Rekey.Conformance.Engines.Postgres.Pairs;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>The secret's setting <c>verifier</c>: whether a verifier is sent, or the password itself.</summary>
public sealed class PostgresVerifierTests(PostgresServers servers)
{
    private static readonly RotationSettings Plain = new() { Verifier = VerifierMode.Plain };
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    /// <summary>The server logs every statement, and the role may not silence it: a verifier can be sent, a password not.</summary>
    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task Plain_IsHeeded_ByTheRoleItself(int version)
    {
        var server = await servers.GetAsync(version);
        var role = await TestRole.CreateAsync(server, _stop);
        var pending = TestRole.NewPassword();
        var rotation = role.Rotation(role.Password, pending);
        var failure = await PostgresRotation.Rotator().SetSecretAsync(rotation with { Settings = Plain }, _stop)
            .ShouldFailAsync(FailureCause.Policy, role.Password, pending);
        failure.Message.ShouldContain("log_statement");
        failure.TargetUntouched.ShouldBeTrue();
        server.Log.ShouldNotContain(pending);
        await role.ShouldHoldAsync(role.Password, _stop, pending);

        await PostgresRotation.Rotator().SetSecretAsync(rotation, _stop);
        await role.ShouldHoldAsync(pending, _stop, role.Password);
    }

    /// <summary>A superuser silences the log, so that not even a verifier is in it.</summary>
    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task Plain_IsHeeded_ByTheSuperuser(int version)
    {
        var server = await servers.GetAsync(version);
        var pair = await PostgresPair.CreateAsync(server, _stop);
        pair.Settings = Plain;
        var passwords = new[] { PostgresPair.NewPassword(), PostgresPair.NewPassword() };
        await pair.RotateAsync(_stop, passwords[0]);
        await pair.SetPasswordAsync(passwords[1], _stop);
        (await pair.LogsInAsync(pair.Twin, passwords[0], _stop)).ShouldBeTrue();
        (await pair.LogsInAsync(pair.Base, passwords[1], _stop)).ShouldBeTrue();
        foreach (var password in passwords) server.Log.ShouldNotContain(password);
        VerifiersSent(server, pair.QuotedTwin).ShouldBe(0);
        VerifiersSent(server, pair.QuotedBase).ShouldBe(0);

        pair.Settings = RotationSettings.Default;
        await pair.RotateAsync(_stop);
        VerifiersSent(server, pair.QuotedBase).ShouldBeGreaterThan(0);
    }

    /// <summary>Without TLS, whoever asks for no password may be anyone.</summary>
    [Fact]
    public async Task Plain_IsRefused_WhereTheServerProvedNothing()
    {
        var server = await servers.GetAsync(15);
        var role = await TestRole.CreateAsync(server, _stop, group: PostgresServers.ByTrust);
        var stored = await role.StoredPasswordAsync(_stop);
        var pending = TestRole.NewPassword();
        await PostgresRotation.Rotator()
            .SetSecretAsync(role.Rotation(role.Password, pending) with { Settings = Plain }, _stop)
            .ShouldFailAsync(FailureCause.Precondition, role.Password, pending);
        (await role.StoredPasswordAsync(_stop)).ShouldBe(stored);
    }

    private static int VerifiersSent(PrivatePostgres server, string quotedName) => server.Log.Split('\n')
        .Count(line => line.Contains($"ALTER ROLE {quotedName}") && line.Contains("PASSWORD 'SCRAM-SHA-256$"));
}
