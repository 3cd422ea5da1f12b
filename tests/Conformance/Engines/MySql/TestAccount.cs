using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Rekey.Aws;
using Rekey.Rotators;
using Shouldly;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>An account of one test, and rotations of it.</summary>
internal sealed class TestAccount
{
    private readonly PrivateServer _server;

    private TestAccount(PrivateServer server, string name)
    {
        _server = server;
        Name = name;
    }

    public string Name { get; }

    /// <summary>The password it was made with.</summary>
    public string Password { get; } = NewPassword();

    public string Quoted => $"{Literal(Name)}@'%'";

    /// <param name="identified">What follows the account in CREATE USER; <c>{0}</c> stands for the password as a literal.</param>
    public static async Task<TestAccount> CreateAsync(
        PrivateServer server, CancellationToken cancellationToken, string identified = "IDENTIFIED BY {0}", string? name = null)
    {
        var account = new TestAccount(server, name ?? "app_" + RandomNumberGenerator.GetHexString(10, lowercase: true));
        var how = string.Format(CultureInfo.InvariantCulture, identified, Literal(account.Password));
        await server.ExecuteAsync($"CREATE USER {account.Quoted} {how}", cancellationToken);
        return account;
    }

    public static string NewPassword() => "aA1!" + RandomNumberGenerator.GetHexString(28);

    public static string Literal(string text) => "'" + text.Replace("\\", "\\\\").Replace("'", "\\'") + "'";

    public DatabaseCredentials With(
        string password, TlsMode tls = TlsMode.Verified, string? host = null, int? port = null, string? database = null) => new()
        {
            Engine = "mysql",
            Host = host ?? PrivateServer.Host,
            Port = port ?? _server.Port,
            Username = Name,
            Password = Sensitive.FromText(password),
            Tls = tls,
            DatabaseName = database,
        };

    public RotationRequest Rotation(
        string current, string pending, bool pendingMayBeLive = false, TlsMode tls = TlsMode.Verified, int? port = null) =>
        new() { Current = With(current, tls, port: port), Pending = With(pending, tls, port: port), PendingMayBeLive = pendingMayBeLive };

    /// <summary>A login by the ordinary client, which shares nothing with the rotator. False when the password is refused.</summary>
    public async Task<bool> LogsInAsync(string password, CancellationToken cancellationToken)
    {
        var start = UnprivilegedUser.StartInfo(
            "/", "mariadb", "--no-defaults", "--protocol=TCP", $"--host={PrivateServer.Host}", $"--port={_server.Port}", $"--user={Name}",
            "--ssl", "--default-character-set=utf8mb4", "--batch", "--raw", "--skip-column-names", "--execute=SELECT USER()");
        start.Environment["MYSQL_PWD"] = password;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var client = Process.Start(start)!;
        var answer = client.StandardOutput.ReadToEndAsync(cancellationToken);
        var complaint = await client.StandardError.ReadToEndAsync(cancellationToken);
        await client.WaitForExitAsync(cancellationToken);
        if (client.ExitCode == 0)
        {
            (await answer).ShouldStartWith($"{Name}@");
            return true;
        }
        complaint.ShouldContain("ERROR 1045");
        return false;
    }

    public async Task ShouldHoldAsync(string password, CancellationToken cancellationToken, params string[] refused)
    {
        (await LogsInAsync(password, cancellationToken)).ShouldBeTrue();
        foreach (var other in refused) (await LogsInAsync(other, cancellationToken)).ShouldBeFalse();
    }

    /// <summary>Connections of the account that are open. The server takes a moment to notice that one was closed.</summary>
    public async Task ShouldHaveNoConnectionsAsync(CancellationToken cancellationToken)
    {
        var count = $"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = {Literal(Name)}";
        for (var left = 200; (await _server.ExecuteAsync(count, cancellationToken))![0] != "0"; left--)
        {
            left.ShouldBeGreaterThan(0, "connections stay open");
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Logins of the account that the server refused so far, from its statement log.</summary>
    public int RefusedLogins() => _server.StatementLog.Split($"Access denied for user '{Name}'@").Length - 1;
}
