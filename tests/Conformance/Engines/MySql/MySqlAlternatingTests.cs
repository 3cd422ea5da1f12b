using Rekey.Aws;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>Two users that take turns, on real servers, with a superuser.</summary>
public sealed class MySqlAlternatingTests(MySqlServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    private IDatabaseRotator Rotator => RotatorCatalogue.Find("SecretsManagerRDSMySQLRotationMultiUser")!.Create(
        new RotatorOptions { CaFile = servers.Authority.CaFile, ConnectTimeout = TimeSpan.FromSeconds(20) }, TimeProvider.System);

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task W2_RevokedRights_LeaveTheClone_WhileUsersTakeTurns(string kind)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.ExecuteAllAsync(
            ["CREATE DATABASE IF NOT EXISTS turns", "CREATE TABLE IF NOT EXISTS turns.t (a INT)",
                $"GRANT SELECT, INSERT ON turns.t TO {account.Quoted} WITH GRANT OPTION"], _stop);
        var current = account.With(account.Password);
        for (var turn = 1; turn <= 4; turn++)
        {
            var pending = Next(current, Rotator.PendingUsername(Subject(server, current)));
            var result = await Rotator.SetSecretAsync(Request(server, current, pending), _stop);
            result.RefusedSince.ShouldBeNull();
            await Rotator.TestSecretAsync(Request(server, current, pending), _stop);
            if (turn == 1) await server.ExecuteAsync($"REVOKE INSERT ON turns.t FROM {account.Quoted}", _stop);
            current = pending;
        }
        var shown = await server.ExecuteAsync(
            $"SELECT Table_priv FROM mysql.tables_priv WHERE User = '{account.Name}_clone' AND Db = 'turns'", _stop);
        shown!.ShouldBe(["Select,Grant"]);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task W1_HalfBuiltClone_IsNotPromoted(string kind)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.ExecuteAllAsync(
            ["CREATE DATABASE IF NOT EXISTS turns", "CREATE TABLE IF NOT EXISTS turns.t (a INT)",
                $"GRANT SELECT ON turns.t TO {account.Quoted}"], _stop);
        var current = account.With(account.Password);
        var pending = Next(current, account.Name + "_clone");
        // As a template leaves it that was broken off: the password is right, the rights are not there.
        await server.ExecuteAsync(
            $"CREATE USER '{account.Name}_clone'@'%' IDENTIFIED BY {TestAccount.Literal(pending.Password.RevealText())}", _stop);

        var failure = await Rotator.TestSecretAsync(Request(server, current, pending), _stop).FailureAsync(FailureCause.Privilege);
        failure.Message.ShouldContain("clone lacks SELECT on TABLE `turns`.`t`");

        await Rotator.SetSecretAsync(Request(server, current, pending), _stop);
        await Rotator.TestSecretAsync(Request(server, current, pending), _stop);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task W22_AccountsOfSeveralHosts_AreAllCloned(string kind)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.ExecuteAsync($"CREATE USER '{account.Name}'@'10.%' IDENTIFIED BY 'aA1!-another-password'", _stop);
        var current = account.With(account.Password);
        var pending = Next(current, account.Name + "_clone");
        await Rotator.SetSecretAsync(Request(server, current, pending), _stop);
        (await server.ExecuteAsync($"SELECT COUNT(*) FROM mysql.user WHERE User = '{account.Name}_clone'", _stop))!.ShouldBe(["2"]);

        await server.ExecuteAsync($"CREATE USER '{account.Name}'@'11.%' IDENTIFIED BY 'aA1!-another-password'", _stop);
        var next = Next(pending, account.Name);
        await Rotator.SetSecretAsync(Request(server, pending, next), _stop);
        (await server.ExecuteAsync($"SELECT COUNT(*) FROM mysql.user WHERE User = '{account.Name}_clone'", _stop))!.ShouldBe(["3"]);
        await server.ExecuteAsync($"DROP USER '{account.Name}'@'10.%'", _stop);
        await Rotator.SetSecretAsync(Request(server, next, Next(next, account.Name + "_clone")), _stop);
        (await server.ExecuteAsync($"SELECT COUNT(*) FROM mysql.user WHERE User = '{account.Name}_clone'", _stop))!.ShouldBe(["2"]);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb, "GRANT SUPER ON *.* TO {0}")]
    [InlineData(MySqlServers.MySql, "GRANT CREATE USER ON *.* TO {0}")]
    [InlineData(MySqlServers.MySql, "GRANT SELECT ON *.* TO {0} WITH GRANT OPTION")]
    public async Task W11_MorePowerfulUser_IsRefused(string kind, string grant)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.ExecuteAsync(grant.Replace("{0}", account.Quoted, StringComparison.Ordinal), _stop);
        var current = account.With(account.Password);
        var failure = await Rotator.SetSecretAsync(Request(server, current, Next(current, account.Name + "_clone")), _stop)
            .FailureAsync(FailureCause.Precondition);
        failure.Message.ShouldContain("more power than an application's account");
        (await server.ExecuteAsync($"SELECT COUNT(*) FROM mysql.user WHERE User = '{account.Name}_clone'", _stop))!.ShouldBe(["0"]);
    }

    /// <summary>A value that leads elsewhere proves nothing to the superuser's server: neither of the two is changed.</summary>
    [Theory]
    [InlineData(MySqlServers.MariaDb, MySqlServers.MySql)]
    [InlineData(MySqlServers.MySql, MySqlServers.MariaDb)]
    public async Task W11_SuperuserOfAnotherServer_TouchesNothing(string kind, string other)
    {
        var (server, rogue) = (await servers.GetAsync(kind), await servers.GetAsync(other));
        var real = await TestAccount.CreateAsync(server, _stop);
        var account = await TestAccount.CreateAsync(rogue, _stop, name: real.Name);
        var current = account.With(account.Password);
        var request = new RotationRequest
        {
            Current = current,
            Pending = Next(current, account.Name + "_clone"),
            Superuser = server.AdminCredentials(),
        };
        var failure = await Rotator.SetSecretAsync(request, _stop).FailureAsync(FailureCause.Precondition, account.Password);
        failure.Message.ShouldContain("is not the same host as");
        failure.TargetUntouched.ShouldBeTrue();
        foreach (var each in (PrivateServer[])[server, rogue])
            (await each.ExecuteAsync($"SELECT COUNT(*) FROM mysql.user WHERE User = '{account.Name}_clone'", _stop))!.ShouldBe(["0"]);
        await real.ShouldHoldAsync(real.Password, _stop);
    }

    /// <summary>
    /// Whoever else acts on the pair at the same moment, one password holds afterwards, with the rights, and those who lost are told what
    /// another attempt mends.
    /// </summary>
    [Theory]
    [InlineData(MySqlServers.MariaDb, false)]
    [InlineData(MySqlServers.MariaDb, true)]
    [InlineData(MySqlServers.MySql, false)]
    [InlineData(MySqlServers.MySql, true)]
    public async Task W10_RotationsOfOneUser_AtOneTime_DoNotCollide(string kind, bool cloneExists)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.ExecuteAllAsync(
            ["CREATE DATABASE IF NOT EXISTS turns", "CREATE TABLE IF NOT EXISTS turns.t (a INT)",
                $"GRANT SELECT, INSERT ON turns.t TO {account.Quoted}"], _stop);
        var current = account.With(account.Password);
        var clone = account.Name + "_clone";
        if (cloneExists)
        {
            await Rotator.SetSecretAsync(Request(server, current, Next(current, clone)), _stop);
            await server.ExecuteAsync($"REVOKE INSERT ON turns.t FROM {account.Quoted}", _stop);
        }
        var pendings = Enumerable.Range(0, 8).Select(_ => Next(current, clone)).ToList();

        var outcomes = await Task.WhenAll(pendings.Select(async pending =>
        {
            try
            {
                await Rotator.SetSecretAsync(Request(server, current, pending), _stop);
                return (FailureCause?)null;
            }
            catch (RotatorException failure)
            {
                // Auth: another one's password was set before this one was proven.
                Assert.True(failure.Cause is FailureCause.Auth or FailureCause.Conflict, failure.Message);
                return failure.Cause;
            }
        }));

        outcomes.ShouldContain((FailureCause?)null);
        var inUse = 0;
        foreach (var pending in pendings) inUse += await LogsInAsync(pending) ? 1 : 0;
        inUse.ShouldBe(1);
        (await Rotator.CheckAsync(Request(server, current, pendings[0]), _stop)).ShouldBeEmpty();
        await account.ShouldHoldAsync(account.Password, _stop);
        var last = Next(current, clone);
        await Rotator.SetSecretAsync(Request(server, current, last) with { PendingMayBeLive = true }, _stop);
        await Rotator.TestSecretAsync(Request(server, current, last), _stop);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task W24_SingleUser_WithASuperuser_OverlapsAndRetires(string kind)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop);
        var rotator = MySqlRotation.Rotator(servers.Authority.CaFile);
        var current = account.With(account.Password);
        for (var rotation = 1; rotation <= 3; rotation++)
        {
            var pending = Next(current, account.Name);
            var result = await rotator.SetSecretAsync(Request(server, current, pending), _stop);
            (result.RefusedSince, result.MustRetire).ShouldBe((null, true));
            // Again, as after a crash: both go on logging in.
            await rotator.SetSecretAsync(Request(server, current, pending) with { PendingMayBeLive = true }, _stop);
            await account.ShouldHoldAsync(pending.Password.RevealText(), _stop);
            await account.ShouldHoldAsync(current.Password.RevealText(), _stop);
            // Within the grace of the second there is no retirement before the third.
            if (rotation != 2)
            {
                await rotator.RetireAsync(Subject(server, pending), _stop);
                await rotator.RetireAsync(Subject(server, pending), _stop);
                await account.ShouldHoldAsync(pending.Password.RevealText(), _stop, current.Password.RevealText());
            }
            current = pending;
        }
    }

    [Fact]
    public async Task SingleUser_OfMySqlWithThePrivilege_OverlapsByItself()
    {
        var server = await servers.GetAsync(MySqlServers.MySql);
        var account = await TestAccount.CreateAsync(server, _stop);
        await server.ExecuteAsync($"GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO {account.Quoted}", _stop);
        var rotator = MySqlRotation.Rotator(servers.Authority.CaFile);
        var (first, second, third) = (account.Password, TestAccount.NewPassword(), TestAccount.NewPassword());
        await rotator.SetSecretAsync(account.Rotation(first, second), _stop);
        await account.ShouldHoldAsync(first, _stop);
        await account.ShouldHoldAsync(second, _stop);
        // The rotation was given up and another one begins: the first password, now the secondary one, must survive it.
        var result = await rotator.SetSecretAsync(account.Rotation(first, third), _stop);
        result.RefusedSince.ShouldBeNull();
        await account.ShouldHoldAsync(first, _stop, second);
        await account.ShouldHoldAsync(third, _stop);
        await rotator.SetSecretAsync(account.Rotation(first, third, pendingMayBeLive: true), _stop);
        await account.ShouldHoldAsync(first, _stop);

        await rotator.RetireAsync(new RotationSubject { Current = account.With(first) }, _stop);
        await account.ShouldHoldAsync(first, _stop, second, third);
    }

    /// <summary>SET PASSWORD would change the first one only, and leave the other one to whoever still has it.</summary>
    [Fact]
    public async Task SecondPasswordOfMariaDb_IsNotLeftBehindByTheAccountsOwnRotation()
    {
        var server = await servers.GetAsync(MySqlServers.MariaDb);
        var account = await TestAccount.CreateAsync(server, _stop);
        var rotator = MySqlRotation.Rotator(servers.Authority.CaFile);
        var current = account.With(account.Password);
        var pending = Next(current, account.Name);
        await rotator.SetSecretAsync(Request(server, current, pending), _stop);

        var own = account.Rotation(pending.Password.RevealText(), TestAccount.NewPassword());
        var failure = await rotator.SetSecretAsync(own, _stop).FailureAsync(FailureCause.Privilege);
        failure.Message.ShouldContain("superuser secret (masterarn)");
        failure.TargetUntouched.ShouldBeTrue();
        await rotator.RetireAsync(new RotationSubject { Current = pending }, _stop).FailureAsync(FailureCause.Privilege);
        await account.ShouldHoldAsync(pending.Password.RevealText(), _stop);

        await rotator.RetireAsync(Subject(server, pending), _stop);
        await rotator.SetSecretAsync(own, _stop);
        await account.ShouldHoldAsync(own.Pending.Password.RevealText(), _stop, account.Password, pending.Password.RevealText());
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task W16_SessionsOfTheRetiredLogin_AreEnded_AndNoOthers(string kind)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop);
        // Differs in the case of a letter only, which the servers' lists of sessions take for the same.
        var similar = await TestAccount.CreateAsync(server, _stop, name: "A" + account.Name[1..]);
        var current = account.With(account.Password);
        var pending = Next(current, account.Name + "_clone");
        await Rotator.SetSecretAsync(Request(server, current, pending), _stop);
        var login = new Rekey.Rotators.MySql.MySqlLogin(
            new RotatorOptions { CaFile = servers.Authority.CaFile, ConnectTimeout = TimeSpan.FromSeconds(20) });
        await using var old = await login.OpenAsync(current, _stop);
        await using var present = await login.OpenAsync(pending, _stop);
        await using var other = await login.OpenAsync(similar.With(similar.Password), _stop);

        var settings = new RotationSettings { OldSessions = OldSessions.EndAfterGrace };
        await Rotator.RetireAsync(Subject(server, pending) with { Settings = settings }, _stop);

        await old.ProbeAsync(_stop).FailureAsync(FailureCause.Network);
        await present.ProbeAsync(_stop);
        await other.ProbeAsync(_stop);
        // The password stays: its turn comes again.
        (await account.LogsInAsync(account.Password, _stop)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb, "o'neil")]
    [InlineData(MySqlServers.MariaDb, "back`tick")]
    [InlineData(MySqlServers.MariaDb, "x TO y@z")]
    [InlineData(MySqlServers.MariaDb, "p%_q\\")]
    [InlineData(MySqlServers.MariaDb, "\u00fcn\u4e2d \"; DROP USER x; --")]
    [InlineData(MySqlServers.MariaDb, "a234567890123456789012345678901234567890123456789012345678901234567890123!")]
    [InlineData(MySqlServers.MySql, "o'neil")]
    [InlineData(MySqlServers.MySql, "back`tick")]
    [InlineData(MySqlServers.MySql, "x TO y@z")]
    [InlineData(MySqlServers.MySql, "p%_q\\")]
    [InlineData(MySqlServers.MySql, "\u00fcn\u4e2d \"; DROP x; --")]
    [InlineData(MySqlServers.MySql, "a2345678901234567890123456")]
    public async Task W13_HostileNames_AreOnlyNames(string kind, string name)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop, name: name);
        await server.ExecuteAllAsync(
            ["CREATE DATABASE IF NOT EXISTS `x TO ``y'`", "CREATE TABLE IF NOT EXISTS `x TO ``y'`.`t' TO \\` (a INT)",
                $"GRANT SELECT ON `x TO ``y'`.`t' TO \\` TO {account.Quoted}"], _stop);
        var template = RotatorCatalogue.Find(
            kind == MySqlServers.MySql ? "SecretsManagerRDSMySQLRotationMultiUser" : "SecretsManagerRDSMariaDBRotationMultiUser")!;
        var rotator = template.Create(new RotatorOptions { CaFile = servers.Authority.CaFile }, TimeProvider.System);
        var current = account.With(account.Password);
        var ofBase = current;
        for (var turn = 0; turn < 3; turn++)
        {
            var pending = Next(current, rotator.PendingUsername(Subject(server, current)));
            await rotator.SetSecretAsync(Request(server, current, pending), _stop);
            await rotator.TestSecretAsync(Request(server, current, pending), _stop);
            current = pending;
            if (turn == 1) ofBase = pending;
        }
        current.Username.ShouldBe(name + "_clone");
        await account.ShouldHoldAsync(ofBase.Password.RevealText(), _stop, account.Password);
    }

    private async Task<bool> LogsInAsync(DatabaseCredentials credentials)
    {
        var login = new Rekey.Rotators.MySql.MySqlLogin(
            new RotatorOptions { CaFile = servers.Authority.CaFile, ConnectTimeout = TimeSpan.FromSeconds(20) });
        try
        {
            await using var session = await login.OpenAsync(credentials, _stop);
            return true;
        }
        catch (RotatorException failure) when (failure.Cause == FailureCause.Auth)
        {
            return false;
        }
    }

    internal static RotationSubject Subject(PrivateServer server, DatabaseCredentials current) =>
        new() { Current = current, Superuser = server.AdminCredentials() };

    internal static RotationRequest Request(PrivateServer server, DatabaseCredentials current, DatabaseCredentials pending) => new()
    {
        Current = current,
        Pending = pending,
        Superuser = server.AdminCredentials(),
        Pin = new PinnedTarget(IdentityOf(server), current.Host, current.Port, BaseOf(current.Username)),
    };

    internal static DatabaseCredentials Next(DatabaseCredentials current, string username) => new()
    {
        Engine = current.Engine,
        Host = current.Host,
        Port = current.Port,
        Username = username,
        Password = Sensitive.FromText(TestAccount.NewPassword()),
        Tls = current.Tls,
    };

    private static string BaseOf(string username) => username.EndsWith("_clone", StringComparison.Ordinal) ? username[..^6] : username;

    private static string IdentityOf(PrivateServer server)
    {
        using var session = new Owned<Rekey.Rotators.MySql.MySqlSession>(
            server.OpenAdminAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult());
        return session.Value.ServerIdentity;
    }

    private sealed class Owned<T>(T value) : IDisposable
        where T : IAsyncDisposable
    {
        public T Value { get; } = value;

        public void Dispose() => Value.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
