using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>What servers and accounts may demand of a password or a login, and what the rotation makes of it.</summary>
public sealed class MySqlPolicyTests(MySqlServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    private IDatabaseRotator Rotator => MySqlRotation.Rotator(servers.Authority.CaFile);

    [Fact]
    public async Task W19_AccountThatMustNameItsPassword_DoesSo()
    {
        var account = await TestAccount.CreateAsync(
            await servers.GetAsync(MySqlServers.MySql), _stop, "IDENTIFIED BY {0} PASSWORD REQUIRE CURRENT");
        var pending = TestAccount.NewPassword();
        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);

        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending, pendingMayBeLive: true), _stop);
        await account.ShouldHoldAsync(pending, _stop);
    }

    [Fact]
    public async Task PasswordHistory_RefusesAnOldPassword_ButNotASecondAttempt()
    {
        foreach (var options in (string[])["PASSWORD HISTORY 3", "PASSWORD HISTORY 3 PASSWORD REQUIRE CURRENT"])
        {
            var account = await TestAccount.CreateAsync(
                await servers.GetAsync(MySqlServers.MySql), _stop, "IDENTIFIED BY {0} " + options);
            var second = TestAccount.NewPassword();
            await Rotator.SetSecretAsync(account.Rotation(account.Password, second), _stop);

            await Rotator.SetSecretAsync(account.Rotation(account.Password, second, pendingMayBeLive: true), _stop);
            var failure = await Rotator.SetSecretAsync(account.Rotation(second, account.Password), _stop)
                .FailureAsync(FailureCause.Policy, account.Password, second);

            (failure.NativeCode, failure.IsTransient).ShouldBe(("3638", false));
            await account.ShouldHoldAsync(second, _stop, account.Password);
        }
    }

    [Fact]
    public async Task W18_MySqlPolicyComponent_RefusesWithoutChange()
    {
        await using var server = await PrivateMySql.StartAsync(PrivateServerSetup.WithTls(servers.Authority), _stop);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.ExecuteAllAsync(
            ["INSTALL COMPONENT 'file://component_validate_password'", "SET GLOBAL validate_password.length = 40"], _stop);
        var pending = TestAccount.NewPassword();
        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop)
            .FailureAsync(FailureCause.Policy, account.Password, pending);
        failure.NativeCode.ShouldBe("1819");
        await account.ShouldHoldAsync(account.Password, _stop);

        var longer = TestAccount.NewPassword() + TestAccount.NewPassword();
        await Rotator.SetSecretAsync(account.Rotation(account.Password, longer), _stop);
        await account.ShouldHoldAsync(longer, _stop, account.Password);
    }

    [Theory]
    [InlineData("IDENTIFIED BY {0}")]
    [InlineData("IDENTIFIED VIA ed25519 USING PASSWORD({0})")]
    public async Task MariaDbPolicyPlugin_SeesThePasswordItself(string identified)
    {
        var setup = PrivateServerSetup.WithTls(servers.Authority) with
        {
            Settings =
            [
                "--plugin-load-add=auth_ed25519", "--plugin-load-add=simple_password_check", "--simple-password-check-minimal-length=32",
            ],
        };
        await using var server = await PrivateMariaDb.StartAsync(setup, _stop);
        var account = await TestAccount.CreateAsync(server, _stop, identified);

        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, "Aa1!short"), _stop)
            .FailureAsync(FailureCause.Policy, "Aa1!short");
        failure.NativeCode.ShouldBe("1819");
        await account.ShouldHoldAsync(account.Password, _stop);

        var pending = TestAccount.NewPassword();
        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);
    }

    [Fact]
    public async Task ExpiredPassword_IsRotatedWhereTheServerLetsItsAccountIn()
    {
        var account = await TestAccount.CreateAsync(
            await servers.GetAsync(MySqlServers.MariaDb), _stop, "IDENTIFIED BY {0} PASSWORD EXPIRE");
        var pending = TestAccount.NewPassword();
        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);

        account = await TestAccount.CreateAsync(
            await servers.GetAsync(MySqlServers.MySql), _stop, "IDENTIFIED BY {0} PASSWORD EXPIRE");
        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop)
            .FailureAsync(FailureCause.Auth, account.Password, pending);
        failure.NativeCode.ShouldBe("1862");
        failure.Message.ShouldContain("has expired");
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb, "4151")]
    [InlineData(MySqlServers.MySql, "3118")]
    public async Task LockedAccount_IsSaidToBe(string kind, string code)
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(kind), _stop, "IDENTIFIED BY {0} ACCOUNT LOCK");
        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, "x"), _stop)
            .FailureAsync(FailureCause.Auth, account.Password);
        failure.NativeCode.ShouldBe(code);
        failure.Message.ShouldContain("The account is locked");
    }

    [Fact]
    public async Task W3_WrongPasswords_StayBelowTheServersLockOut()
    {
        var account = await TestAccount.CreateAsync(
            await servers.GetAsync(MySqlServers.MySql), _stop, "IDENTIFIED BY {0} FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 1");
        var rotation = account.Rotation("wrong-1", "wrong-2", pendingMayBeLive: true) with { Previous = account.With("wrong-3") };
        var failure = await Rotator.SetSecretAsync(rotation, _stop).FailureAsync(FailureCause.Auth, "wrong-1", "wrong-2", "wrong-3");
        failure.NativeCode.ShouldBe("1045");
        account.RefusedLogins().ShouldBe(2);
        await account.ShouldHoldAsync(account.Password, _stop);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task WrongCurrent_PreviousLogsInInstead(string kind)
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(kind), _stop);
        var pending = TestAccount.NewPassword();
        await Rotator.SetSecretAsync(account.Rotation("wrong", pending) with { Previous = account.With(account.Password) }, _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);
        account.RefusedLogins().ShouldBe(2);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task AccountOfOneConnection_Rotates(string kind)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop, "IDENTIFIED BY {0} WITH MAX_USER_CONNECTIONS 1");
        var pending = TestAccount.NewPassword();
        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop);
        await server.ExecuteAsync($"ALTER USER {account.Quoted} WITH MAX_USER_CONNECTIONS 0", _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);
    }

    [Fact]
    public async Task AccountWithTwoPasswords_IsRefused_SinceOneWouldStay()
    {
        var server = await servers.GetAsync(MySqlServers.MariaDb);
        var account = await TestAccount.CreateAsync(
            server, _stop, "IDENTIFIED VIA ed25519 USING PASSWORD({0}) OR mysql_native_password USING PASSWORD('second')");
        var pending = TestAccount.NewPassword();
        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop)
            .FailureAsync(FailureCause.Privilege, account.Password);
        failure.TargetUntouched.ShouldBeTrue();
        await account.ShouldHoldAsync(account.Password, _stop, pending);
        await account.ShouldHoldAsync("second", _stop);
    }

    [Fact]
    public async Task ReadOnlyServer_IsUnavailable()
    {
        await using var server = await PrivateMySql.StartAsync(PrivateServerSetup.WithTls(servers.Authority), _stop);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.ExecuteAllAsync(["SET GLOBAL super_read_only = ON"], _stop);
        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, "pending"), _stop)
            .FailureAsync(FailureCause.Unavailable, account.Password);
        (failure.NativeCode, failure.IsTransient).ShouldBe(("1290", true));
    }

    [Fact]
    public async Task ServerWithoutPrivilegeTables_IsNotTakenForDone()
    {
        await using var server = await PrivateMariaDb.StartAsync(PrivateServerSetup.WithTls(servers.Authority), _stop);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.CrashAsync();
        await server.StartAsync(["--skip-grant-tables", "--skip-networking=OFF"], _stop);

        var failure = await Rotator.SetSecretAsync(account.Rotation("any", "thing", pendingMayBeLive: true), _stop)
            .ShouldThrowAsync<RotatorException>();

        failure.Cause.ShouldBeOneOf(FailureCause.Unavailable, FailureCause.Precondition);
    }

    [Fact]
    public async Task AnonymousAccount_IsNotTakenForTheSecretsAccount()
    {
        await using var server = await PrivateMariaDb.StartAsync(PrivateServerSetup.WithTls(servers.Authority), _stop);
        await server.ExecuteAllAsync(["CREATE USER ''@'localhost' IDENTIFIED BY 'shared'"], _stop);
        var account = await TestAccount.CreateAsync(server, _stop);
        const string HashOfAnonymous = "SELECT authentication_string FROM mysql.user WHERE User = ''";
        var before = await server.ExecuteAsync(HashOfAnonymous, _stop);

        var failure = await Rotator.SetSecretAsync(account.Rotation("shared", "pending"), _stop).FailureAsync(FailureCause.Precondition);

        failure.Message.ShouldContain($"The server took the login of {account.Name} for the account @localhost");
        (await server.ExecuteAsync(HashOfAnonymous, _stop)).ShouldBe(before);
    }

    [Fact]
    public async Task W27_UnknownDatabase_IsNamedBeforeAnyChange()
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(MySqlServers.MariaDb), _stop);
        var rotation = account.Rotation(account.Password, "pending");
        rotation = rotation with
        {
            Current = account.With(account.Password, database: "nowhere"),
            Pending = account.With("pending", database: "nowhere"),
        };
        var failure = await Rotator.SetSecretAsync(rotation, _stop).ShouldThrowAsync<RotatorException>();
        failure.Cause.ShouldBeOneOf(FailureCause.Precondition, FailureCause.Privilege);
        await account.ShouldHoldAsync(account.Password, _stop);
    }
}
