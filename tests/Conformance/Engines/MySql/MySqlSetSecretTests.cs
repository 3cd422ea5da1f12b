using System.Security.Cryptography;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

public sealed class MySqlSetSecretTests(MySqlServers servers)
{
    /// <summary>All of printable ASCII but the blank, which no template puts into a password.</summary>
    private static readonly string PrintableAscii = new([.. Enumerable.Range('!', 94).Select(c => (char)c)]);

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    private IDatabaseRotator Rotator => MySqlRotation.Rotator(servers.Authority.CaFile);

    [Theory]
    [InlineData(MySqlServers.MariaDb, "IDENTIFIED BY {0}")]
    [InlineData(MySqlServers.MariaDb, "IDENTIFIED VIA ed25519 USING PASSWORD({0})")]
    [InlineData(MySqlServers.MySql, "IDENTIFIED BY {0}")]
    public async Task W15_EachCharacterAtEachPosition_LogsIn_AndNoPasswordReachesTheStatementLog(string kind, string identified)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop, identified);
        var current = account.Password;
        var used = new List<string>();
        var characters = PrintableAscii.ToCharArray();
        RandomNumberGenerator.Shuffle(characters.AsSpan());
        var shuffled = new string(characters);
        for (var round = 0; round < shuffled.Length; round++)
        {
            var pending = shuffled[round..] + shuffled[..round];
            var rotation = account.Rotation(current, pending);
            await Rotator.SetSecretAsync(rotation, _stop);
            await Rotator.TestSecretAsync(rotation, _stop);
            if (round % 10 == 0) (await account.LogsInAsync(pending, _stop)).ShouldBeTrue($"round {round}");
            used.Add(pending);
            current = pending;
        }
        await account.ShouldHoldAsync(current, _stop, account.Password, used[^2]);
        account.RefusedLogins().ShouldBe(2);
        await account.ShouldHaveNoConnectionsAsync(_stop);
        var log = server.StatementLog;
        log.ShouldContain(kind == MySqlServers.MySql ? "ALTER USER " : "SET PASSWORD = '");
        foreach (var password in used)
            for (var start = 0; start + 8 <= password.Length; start += 4) log.ShouldNotContain(password.Substring(start, 8));
    }

    [Theory]
    [InlineData("we\"ird")]
    [InlineData("o'brien")]
    [InlineData("first.last")]
    [InlineData("back\\slash\\")]
    [InlineData("tick`tick")]
    [InlineData("at@sign@")]
    [InlineData("%")]
    [InlineData("a;DRIVER={x};UID=root")]
    [InlineData("} {")]
    [InlineData("'; DROP USER x; -- ")]
    [InlineData("Mixed CASE")]
    [InlineData("ünïcode–имя–名前")]
    [InlineData("Žofia")]
    public async Task W13_HostileUserName_Rotates(string name)
    {
        foreach (var kind in (string[])[MySqlServers.MariaDb, MySqlServers.MySql])
        {
            var server = await servers.GetAsync(kind);
            // The driver drops blanks at an end, so such an account is refused before anything is sent.
            var account = await TestAccount.CreateAsync(server, _stop, name: name.TrimEnd());
            var pending = TestAccount.NewPassword();
            await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop);
            await account.ShouldHoldAsync(pending, _stop, account.Password);
        }
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task PasswordBeyondAscii_LogsInFromOtherClientsToo(string kind)
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(kind), _stop);
        const string Pending = "pässwörd €5 пароль 暗号 비밀 Ž;=";
        await Rotator.SetSecretAsync(account.Rotation(account.Password, Pending), _stop);
        await account.ShouldHoldAsync(Pending, _stop, account.Password);

        var next = TestAccount.NewPassword();
        await Rotator.SetSecretAsync(account.Rotation(Pending, next), _stop);
        await account.ShouldHoldAsync(next, _stop, Pending);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task LongPassword_Rotates(string kind)
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(kind), _stop);
        var pending = RandomNumberGenerator.GetString("}{';\\a", kind == MySqlServers.MySql ? 256 : 1000);
        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop);
        await Rotator.TestSecretAsync(account.Rotation(account.Password, pending), _stop);
        (await account.LogsInAsync(account.Password, _stop)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb, "NO_BACKSLASH_ESCAPES")]
    [InlineData(MySqlServers.MariaDb, "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT")]
    [InlineData(MySqlServers.MySql, "NO_BACKSLASH_ESCAPES")]
    [InlineData(MySqlServers.MySql, "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT")]
    public async Task ServersOwnSqlMode_ChangesNothing(string kind, string mode)
    {
        await using var server = await StartOwnAsync(kind, $"--sql-mode={mode}");
        foreach (var pending in (string[])["\\", "a\\'b", "'\\''", "\"\\\"", "x\\"])
        {
            var account = await TestAccount.CreateAsync(server, _stop);
            await Rotator.SetSecretAsync(account.Rotation(account.Password, pending + "Aa1!"), _stop);
            await account.ShouldHoldAsync(pending + "Aa1!", _stop, account.Password);
        }
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb, "IDENTIFIED VIA ed25519 USING PASSWORD({0})", "ed25519")]
    [InlineData(MySqlServers.MySql, "IDENTIFIED WITH sha256_password BY {0}", "sha256_password")]
    [InlineData(MySqlServers.MySql, "IDENTIFIED BY {0} REQUIRE SSL PASSWORD EXPIRE NEVER", "REQUIRE SSL PASSWORD EXPIRE NEVER")]
    public async Task AccountsPluginAndOptions_AreKept(string kind, string identified, string kept)
    {
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop, identified);
        var pending = TestAccount.NewPassword();
        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop);
        (await server.ExecuteAsync($"SHOW CREATE USER {account.Quoted}", _stop))![0]!.ShouldContain(kept);
        await account.ShouldHoldAsync(pending, _stop, account.Password);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task LaterAttempt_ConvergesFromEitherPassword(string kind)
    {
        var server = await servers.GetAsync(kind);
        foreach (var isLive in (bool[])[false, true])
        {
            var account = await TestAccount.CreateAsync(server, _stop);
            var pending = TestAccount.NewPassword();
            if (isLive) await server.ExecuteAsync($"ALTER USER {account.Quoted} IDENTIFIED BY {TestAccount.Literal(pending)}", _stop);

            await Rotator.SetSecretAsync(account.Rotation(account.Password, pending, pendingMayBeLive: true), _stop);

            account.RefusedLogins().ShouldBe(isLive ? 0 : 1);
            await account.ShouldHoldAsync(pending, _stop, account.Password);
        }
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task W3_WrongPasswords_AreTriedTwiceAtMost(string kind)
    {
        var account = await TestAccount.CreateAsync(await servers.GetAsync(kind), _stop);
        var request = account.Rotation(TestAccount.NewPassword(), TestAccount.NewPassword(), pendingMayBeLive: true);
        request = request with { Previous = account.With(TestAccount.NewPassword()) };
        await Rotator.SetSecretAsync(request, _stop).FailureAsync(FailureCause.Auth);
        account.RefusedLogins().ShouldBe(2);
        await account.ShouldHoldAsync(account.Password, _stop);
    }

    private async Task<PrivateServer> StartOwnAsync(string kind, params string[] settings)
    {
        var setup = PrivateServerSetup.WithTls(servers.Authority) with { Settings = settings };
        return kind == MySqlServers.MySql ? await PrivateMySql.StartAsync(setup, _stop) : await PrivateMariaDb.StartAsync(setup, _stop);
    }
}
