using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>The methods of pg_hba.conf and the forms in which passwords are kept.</summary>
public sealed class PostgresAuthenticationTests(PostgresServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly string _pending = TestRole.NewPassword();

    /// <summary>Any password logs in, so a login with the pending one must not pass for a change.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ServerThatTrusts_IsChangedAllTheSame(bool pendingMayBeLive)
    {
        var server = await servers.GetAsync(15);
        var role = await TestRole.CreateAsync(server, _stop, group: PostgresServers.ByTrust);
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(TestRole.NewPassword(), _pending, pendingMayBeLive), _stop);
        await server.ExecuteAsync($"REVOKE {PostgresServers.ByTrust} FROM {role.QuotedName}", _stop);
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
    }

    [Fact]
    public async Task ServerThatTrusts_WithAPasswordPastItsDate_IsRefused()
    {
        var role = await TestRole.CreateAsync(
            await servers.GetAsync(15), _stop, group: PostgresServers.ByTrust, options: "VALID UNTIL '2020-01-01'");
        var stored = await role.StoredPasswordAsync(_stop);
        (await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop)
            .ShouldFailAsync(FailureCause.Precondition, role.Password, _pending)).Message.ShouldContain("2020-01-01");
        (await role.StoredPasswordAsync(_stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task CleartextMethod_Rotates_AndStoresAVerifier()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop, group: PostgresServers.ByCleartext);
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop);
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
        (await role.StoredPasswordAsync(_stop)).ShouldStartWith("SCRAM-SHA-256$4096:");
        (await servers.GetAsync(15)).Log.ShouldNotContain(_pending);
    }

    [Fact]
    public async Task MethodWithoutPassword_IsAPrecondition()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop, group: PostgresServers.ByIdent);
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop)
            .ShouldFailAsync(FailureCause.Precondition, role.Password, _pending);
    }

    /// <param name="isMd5">How the present password is kept.</param>
    /// <param name="group">How the role is let in.</param>
    /// <param name="setting">The role's password_encryption.</param>
    /// <param name="form">How the new password must be kept so that it still lets the role in.</param>
    [Theory]
    [InlineData(true, PostgresServers.ByMd5, "md5", "md5")]
    [InlineData(true, PostgresServers.ByMd5, "scram-sha-256", "SCRAM")]
    [InlineData(false, PostgresServers.ByMd5, "md5", "SCRAM")]
    [InlineData(false, null, "md5", "SCRAM")]
    [InlineData(true, PostgresServers.ByCleartext, "md5", "md5")]
    public async Task FormOfThePassword_FollowsTheServer_UnlessScramIsInUse(bool isMd5, string? group, string setting, string form)
    {
        foreach (var version in (int[])[15, 18])
        {
            var role = await TestRole.CreateAsync(await servers.GetAsync(version), _stop, isMd5: isMd5, group: group);
            await role.AlterAsync($"SET password_encryption = '{setting}'", _stop);
            await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop);
            (await role.StoredPasswordAsync(_stop)).ShouldStartWith(form);
            await role.ShouldHoldAsync(_pending, _stop, role.Password);
            role.RefusedLogins().ShouldBe(1);
        }
    }

    [Fact]
    public async Task IterationsOfTheServer_AreKept()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(18), _stop);
        await role.AlterAsync("SET scram_iterations = 12345", _stop);
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop);
        (await role.StoredPasswordAsync(_stop)).ShouldStartWith("SCRAM-SHA-256$12345:");
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
    }
}
