using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>Servers with a rule that refuses verifiers.</summary>
public sealed class PostgresPasswordRuleTests(PostgresServers servers) : IAsyncLifetime
{
    private const string Named = "localhost";
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rekey-rule-");
    private readonly List<string> _notices = [];
    private string _library = "";

    public async ValueTask InitializeAsync()
    {
        var missing = PasswordRule.Missing();
        Assert.SkipWhen(missing is not null, missing ?? "");
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)Convert.ToInt32("755", 8));
        _library = await PasswordRule.BuildAsync(_folder.FullName, _stop);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(TlsMode.Verified, PostgresServers.ByTrust)]
    [InlineData(TlsMode.Plaintext, null)]
    public async Task Password_IsShownToTheRule_ButNotToTheLog(TlsMode tls, string? group)
    {
        // Refused statements and data definitions are logged, as they are by default and by many; parameters are not.
        await using var server = await StartAsync("log_statement = 'ddl'", "log_min_error_statement = 'error'");
        var role = await TestRoleAsync(server, group);
        var pending = "quote's \\ and " + TestRole.NewPassword();
        await Rotator().SetSecretAsync(Rotation(role, pending, tls), _stop);
        server.Log.ShouldNotContain(pending[10..]);
        _notices.ShouldHaveSingleItem().ShouldContain(role.Name);
        _notices[0].ShouldNotContain(pending);
        (await role.StoredPasswordAsync(_stop)).ShouldStartWith("SCRAM-SHA-256$");
        (await Psql.LogsInAsync(server, role.Name, pending, _stop)).ShouldBeTrue();
        if (group is null) await role.ShouldHoldAsync(pending, _stop, role.Password);

        var weak = "weak " + TestRole.NewPassword();
        await Rotator().SetSecretAsync(Rotation(role, weak, tls, pending), _stop).ShouldFailAsync(FailureCause.Policy, weak, pending);
        server.Log.ShouldNotContain($"PASSWORD '{weak}");
        server.Log.ShouldNotContain($"PASSWORD E'{weak}");
        (await Psql.LogsInAsync(server, role.Name, pending, _stop)).ShouldBeTrue();
    }

    [Fact]
    public async Task VerifierPlain_ShowsThePasswordToTheRule_AtOnce()
    {
        await using var server = await StartAsync("log_statement = 'ddl'");
        var role = await TestRoleAsync(server, group: null);
        var pending = TestRole.NewPassword();
        await Rotator().SetSecretAsync(
            Rotation(role, pending, TlsMode.Verified) with { Settings = new() { Verifier = VerifierMode.Plain } }, _stop);
        await role.ShouldHoldAsync(pending, _stop, role.Password);
        server.Log.ShouldNotContain(pending);
        server.Log.ShouldNotContain("is not a plain text", customMessage: "no verifier was tried");
        _notices.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("log_statement = 'all'")]
    [InlineData("log_min_duration_statement = 0")]
    [InlineData("log_transaction_sample_rate = 1")]
    public async Task W15_LogThatWouldKeepThePassword_IsAPolicyFailure_AndGetsNothing(string setting)
    {
        await using var server = await StartAsync(setting);
        var role = await TestRoleAsync(server, null);
        var pending = TestRole.NewPassword();
        var failure = await Rotator().SetSecretAsync(Rotation(role, pending, TlsMode.Plaintext), _stop)
            .ShouldFailAsync(FailureCause.Policy, role.Password, pending);
        failure.Message.ShouldContain(setting.Split(' ')[0]);
        server.Log.ShouldNotContain(pending);
        await role.ShouldHoldAsync(role.Password, _stop, pending);
        _notices.ShouldBeEmpty();
    }

    [Fact]
    public async Task RoleThatMaySilenceTheLog_DoesSo()
    {
        await using var server = await StartAsync("log_statement = 'all'", "log_min_duration_statement = 0");
        var role = await TestRoleAsync(server, null);
        foreach (var setting in (string[])["log_statement", "log_min_duration_statement"])
            await server.ExecuteAsync($"GRANT SET ON PARAMETER {setting} TO {role.QuotedName}", _stop);
        var pending = TestRole.NewPassword();
        await Rotator().SetSecretAsync(Rotation(role, pending, TlsMode.Plaintext), _stop);
        server.Log.ShouldNotContain(pending);
        await role.ShouldHoldAsync(pending, _stop, role.Password);
        server.Log.ShouldContain("application_name", customMessage: "the log is still written");
    }

    /// <summary>Whoever answers without asking for a password may be anyone: it gets none.</summary>
    [Fact]
    public async Task PlaintextWithoutProofOfTheServer_IsAPolicyFailure()
    {
        await using var server = await StartAsync();
        var role = await TestRoleAsync(server, PostgresServers.ByTrust);
        var pending = TestRole.NewPassword();
        await Rotator().SetSecretAsync(Rotation(role, pending, TlsMode.Plaintext), _stop)
            .ShouldFailAsync(FailureCause.Policy, role.Password, pending);
        (await Psql.LogsInAsync(server, role.Name, "anything", _stop)).ShouldBeTrue();
    }

    private IDatabaseRotator Rotator() =>
        PostgresRotation.Rotator(new RotatorOptions { CaFile = servers.Authority.CaFile, Notice = _notices.Add });

    private static RotationRequest Rotation(TestRole role, string pending, TlsMode tls, string? current = null) => new()
    {
        Current = role.With(current ?? role.Password, tls, Named),
        Pending = role.With(pending, tls, Named),
    };

    private async Task<PrivatePostgres> StartAsync(params string[] settings)
    {
        var (certificate, key) = servers.Authority.Issue(Named);
        var server = await PrivatePostgres.StartAsync(15, new PostgresSetup
        {
            Settings = ["ssl = on", "log_connections = on", .. settings],
            Files = new Dictionary<string, string> { ["server.crt"] = certificate, ["server.key"] = key },
        }, _stop);
        await server.ExecuteAsync($"CREATE ROLE {PostgresServers.ByTrust} NOLOGIN", _stop);
        await server.UseHostRulesAsync(
            $"host all +{PostgresServers.ByTrust} 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256", _stop);
        return server;
    }

    /// <summary>The rule would refuse the verifier that roles are made with: it comes in after.</summary>
    private async Task<TestRole> TestRoleAsync(PrivatePostgres server, string? group)
    {
        var role = await TestRole.CreateAsync(server, _stop, group: group);
        await server.ExecuteAsync($"ALTER SYSTEM SET session_preload_libraries = '{_library}'", _stop);
        await server.ExecuteAsync("SELECT pg_reload_conf()", _stop);
        while (!((string)(await server.ExecuteAsync("SHOW session_preload_libraries", _stop))!).Contains(_library))
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, _stop);
        return role;
    }
}
