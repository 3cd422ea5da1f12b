using System.Security.Cryptography;
using Rekey.Aws;
using Rekey.Conformance.Rotation.Campaign;
using Rekey.Rotators;
using Rekey.Rotators.MySql;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>
/// Both strategies on MySQL 5.6: no TLS, no ALTER USER that sets passwords, no lock, names of 16 characters, GRANT that makes accounts.
/// </summary>
public sealed class MySql56Tests(MySqlServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    private static IDatabaseRotator SingleUser => MySqlRotation.Rotator(caFile: null);

    private static IDatabaseRotator MultiUser =>
        RotatorCatalogue.Find("SecretsManagerRDSMySQLRotationMultiUser")!.Create(new RotatorOptions(), TimeProvider.System);

    [Fact]
    public async Task W15_HostilePasswords_Rotate_AndDoNotReachTheStatementLog()
    {
        var server = await servers.GetMySql56Async();
        var account = await CreateAsync(server);
        var current = account.Password;
        string[] hostile = ["'; DROP USER x; -- ", "\\", "a\\'b\"c", "%s{}?`$(x)", "pässwörd €5 暗号;="];
        foreach (var words in hostile)
        {
            var pending = words + RandomNumberGenerator.GetHexString(12) + words.TrimEnd();
            var rotation = account.Rotation(current, pending, tls: TlsMode.Plaintext);
            await SingleUser.SetSecretAsync(rotation, _stop);
            await SingleUser.TestSecretAsync(rotation, _stop);
            await account.ShouldHoldAsync(pending, _stop, current);
            server.StatementLog.ShouldNotContain(pending);
            current = pending;
        }
        server.StatementLog.ShouldContain("SET PASSWORD");
        await account.ShouldHaveNoConnectionsAsync(_stop);
    }

    [Fact]
    public async Task SingleUser_WithASuperuser_Rotates_AndAgainAfterACrash()
    {
        var server = await servers.GetMySql56Async();
        var account = await CreateAsync(server);
        var current = account.With(account.Password, TlsMode.Plaintext);
        var pending = MySqlAlternatingTests.Next(current, account.Name);
        var request = MySqlAlternatingTests.Request(server, current, pending);
        await SingleUser.SetSecretAsync(request, _stop);
        await SingleUser.SetSecretAsync(request with { PendingMayBeLive = true }, _stop);
        await SingleUser.TestSecretAsync(request, _stop);
        await account.ShouldHoldAsync(pending.Password.RevealText(), _stop, account.Password);
    }

    [Fact]
    public async Task Users_TakeTurns_WithTheSameRightsAndLimits()
    {
        var server = await servers.GetMySql56Async();
        var account = await CreateAsync(server);
        await server.ExecuteAllAsync(
            ["CREATE DATABASE IF NOT EXISTS turns", "CREATE TABLE IF NOT EXISTS turns.t (a INT)",
                $"GRANT SELECT (a), INSERT ON turns.t TO {account.Quoted} WITH GRANT OPTION",
                $"GRANT EXECUTE, CREATE TEMPORARY TABLES ON `sh\\_p%`.* TO {account.Quoted}", $"GRANT PROCESS ON *.* TO {account.Quoted}",
                $"GRANT USAGE ON *.* TO {account.Quoted} WITH MAX_USER_CONNECTIONS 7 MAX_QUERIES_PER_HOUR 9000"], _stop);
        var rights = new MySqlRights(server);
        var current = account.With(account.Password, TlsMode.Plaintext);
        for (var turn = 1; turn <= 4; turn++)
        {
            var pending = MySqlAlternatingTests.Next(current, MultiUser.PendingUsername(MySqlAlternatingTests.Subject(server, current)));
            var request = MySqlAlternatingTests.Request(server, current, pending);
            (await MultiUser.SetSecretAsync(request, _stop)).RefusedSince.ShouldBeNull();
            await MultiUser.TestSecretAsync(request, _stop);
            await rights.DemandEqualAsync(account.Name, account.Name + "_clone", _stop);
            if (turn == 1) await server.ExecuteAsync($"REVOKE INSERT ON turns.t FROM {account.Quoted}", _stop);
            current = pending;
        }
        var shown = await server.ExecuteAsync(
            "SELECT t.Table_priv, t.Column_priv, u.max_user_connections FROM mysql.tables_priv t JOIN mysql.user u USING (User, Host) "
                + $"WHERE User = '{account.Name}_clone'", _stop);
        shown!.ShouldBe(["Grant", "Select", "7"]);
    }

    [Fact]
    public async Task W1_HalfBuiltClone_IsNotPromoted()
    {
        var server = await servers.GetMySql56Async();
        var account = await CreateAsync(server);
        await server.ExecuteAllAsync(
            ["CREATE DATABASE IF NOT EXISTS turns", "CREATE TABLE IF NOT EXISTS turns.t (a INT)",
                $"GRANT SELECT ON turns.t TO {account.Quoted}"], _stop);
        var current = account.With(account.Password, TlsMode.Plaintext);
        var pending = MySqlAlternatingTests.Next(current, account.Name + "_clone");
        await server.ExecuteAsync(
            $"CREATE USER '{account.Name}_clone'@'%' IDENTIFIED BY {TestAccount.Literal(pending.Password.RevealText())}", _stop);
        var request = MySqlAlternatingTests.Request(server, current, pending);

        var failure = await MultiUser.TestSecretAsync(request, _stop).FailureAsync(FailureCause.Privilege);
        failure.Message.ShouldContain("clone lacks SELECT on TABLE `turns`.`t`");

        await MultiUser.SetSecretAsync(request, _stop);
        await MultiUser.TestSecretAsync(request, _stop);
    }

    /// <summary>There is no lock: a password that nobody knows stands in for it.</summary>
    [Fact]
    public async Task CloneBeforeItIsActivated_HasAPasswordThatNobodyKnows()
    {
        var server = await servers.GetMySql56Async();
        var account = await CreateAsync(server);
        await using var administrator = await new MySqlAdministration(new RotatorOptions()).LogInAsync(server.AdminCredentials(), _stop);
        await administrator.CreateLockedAsync(new UserPair(account.Name, account.Name + "_clone", new RotationSettings()), _stop);
        var stored = await server.ExecuteAsync(
            $"SELECT LENGTH(Password), Password = '{MariaDbHash.For("mysql_native_password", Sensitive.FromText(account.Password))}' "
                + $"FROM mysql.user WHERE User = '{account.Name}_clone'", _stop);
        stored!.ShouldBe(["41", "0"]);
    }

    [Fact]
    public async Task GrantToAnAccountThatIsGone_MakesNoneWithoutAPassword()
    {
        var server = await servers.GetMySql56Async();
        await using var session = await server.OpenAdminAsync(_stop);
        var failure = await session.ExecuteAsync("GRANT SELECT ON *.* TO 'gone'@'%'", _stop).FailureAsync(FailureCause.Precondition);
        failure.NativeCode.ShouldBe("1133");
        (await session.QueryAsync("SELECT COUNT(*) FROM mysql.user WHERE User = 'gone'", _stop))!.ShouldBe(["0"]);
    }

    [Fact]
    public async Task ServerThatMakesOldHashes_LocksNobodyOut()
    {
        await using var server = await PrivateMySql56.StartAsync(new PrivateServerSetup(), _stop);
        await server.ExecuteAsync("SET GLOBAL old_passwords = 1", _stop);
        var account = await CreateAsync(server);
        var pending = TestAccount.NewPassword();
        await SingleUser.SetSecretAsync(account.Rotation(account.Password, pending, tls: TlsMode.Plaintext), _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);
    }

    [Fact]
    public async Task W21_CloneWhoseNameIsTooLong_IsRefused_AndNothingIsMade()
    {
        var server = await servers.GetMySql56Async();
        var account = await TestAccount.CreateAsync(server, _stop);
        var current = account.With(account.Password, TlsMode.Plaintext);
        var request = MySqlAlternatingTests.Request(server, current, MySqlAlternatingTests.Next(current, account.Name + "_clone"));
        var failure = await MultiUser.SetSecretAsync(request, _stop).FailureAsync(FailureCause.Precondition);
        failure.Message.ShouldContain("takes 16 characters");
        (await server.ExecuteAsync($"SELECT COUNT(*) FROM mysql.user WHERE User LIKE '{account.Name}%'", _stop))!.ShouldBe(["1"]);
        await account.ShouldHoldAsync(account.Password, _stop);
    }

    [Fact]
    public async Task TlsAskedFor_IsNotTurnedOff()
    {
        var server = await servers.GetMySql56Async();
        var account = await CreateAsync(server);
        var failure = await SingleUser.SetSecretAsync(account.Rotation(account.Password, "pending"), _stop)
            .FailureAsync(FailureCause.Tls, account.Password);
        failure.Message.ShouldContain("does not offer TLS");

        var pending = TestAccount.NewPassword();
        await SingleUser.SetSecretAsync(account.Rotation(account.Password, pending, tls: TlsMode.VerifiedOrPlaintext), _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);
    }

    [Fact]
    public async Task WrongPassword_IsSaidToBeWrong()
    {
        var server = await servers.GetMySql56Async();
        var account = await CreateAsync(server);
        var failure = await SingleUser.SetSecretAsync(account.Rotation("wrong", "pending", tls: TlsMode.Plaintext), _stop)
            .FailureAsync(FailureCause.Auth);
        (failure.SqlState, failure.NativeCode).ShouldBe(("28000", "1045"));
    }

    /// <summary>With its clone's suffix the name just fits.</summary>
    private Task<TestAccount> CreateAsync(PrivateServer server) =>
        TestAccount.CreateAsync(server, _stop, name: "a_" + RandomNumberGenerator.GetHexString(8, lowercase: true));
}
