using System.Security.Cryptography;
using Npgsql;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Postgres;
using Shouldly;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>A login role of one test, and rotations of it.</summary>
internal sealed class TestRole
{
    private readonly PrivatePostgres _server;

    private TestRole(PrivatePostgres server, string name, string password)
    {
        _server = server;
        Name = name;
        Password = password;
    }

    public string Name { get; }

    /// <summary>The password it was made with.</summary>
    public string Password { get; }

    public string QuotedName => '"' + Name.Replace("\"", "\"\"") + '"';

    public static async Task<TestRole> CreateAsync(
        PrivatePostgres server, CancellationToken cancellationToken, string? name = null, string options = "", string? group = null,
        bool isMd5 = false)
    {
        var role = new TestRole(server, name ?? "app_" + RandomNumberGenerator.GetHexString(10, lowercase: true), NewPassword());
        using var password = Sensitive.FromText(role.Password);
        var stored = isMd5 ? StoredPassword.Md5(password, role.Name) : StoredPassword.Scram(password, 4096);
        await server.ExecuteAsync(
            $"SET client_min_messages = error; CREATE ROLE {role.QuotedName} LOGIN PASSWORD '{stored}' {options}", cancellationToken);
        if (group is not null) await server.ExecuteAsync($"GRANT {group} TO {role.QuotedName}", cancellationToken);
        return role;
    }

    public static string NewPassword() => RandomNumberGenerator.GetHexString(32);

    public DatabaseCredentials With(
        string password, TlsMode tls = TlsMode.Plaintext, string? host = null, int? port = null, string? database = null) =>
        new()
        {
            Engine = "postgres",
            Host = host ?? PrivatePostgres.Host,
            Port = port ?? _server.Port,
            Username = Name,
            Password = Sensitive.FromText(password),
            Tls = tls,
            DatabaseName = database,
        };

    public RotationRequest Rotation(string current, string pending, bool pendingMayBeLive = false) =>
        new() { Current = With(current), Pending = With(pending), PendingMayBeLive = pendingMayBeLive };

    public Task AlterAsync(string options, CancellationToken cancellationToken) =>
        _server.ExecuteAsync($"SET client_min_messages = error; ALTER ROLE {QuotedName} {options}", cancellationToken);

    /// <summary>What the catalogue holds in place of the password.</summary>
    public async Task<string> StoredPasswordAsync(CancellationToken cancellationToken) =>
        (string)(await _server.ExecuteAsync(
            $"SELECT rolpassword FROM pg_authid WHERE rolname = '{Name.Replace("'", "''")}'", cancellationToken))!;

    /// <summary>An ordinary client's login, by code that shares nothing with the rotator's.</summary>
    public async Task<bool> LogsInAsync(string password, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(password, cancellationToken);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            return false;
        }
    }

    /// <summary>An application's connection, with the password the role was made with.</summary>
    public Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => OpenAsync(Password, cancellationToken);

    private async Task<NpgsqlConnection> OpenAsync(string password, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = PrivatePostgres.Host,
            Port = _server.Port,
            Username = Name,
            Password = password,
            Database = "postgres",
            Pooling = false,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Logins that the server refused for their password so far.</summary>
    public int RefusedLogins() => _server.Log.Split($"password authentication failed for user \"{Name}\"").Length - 1;

    public async Task ShouldHoldAsync(string password, CancellationToken cancellationToken, params string[] refused)
    {
        (await LogsInAsync(password, cancellationToken)).ShouldBeTrue();
        foreach (var other in refused) (await LogsInAsync(other, cancellationToken)).ShouldBeFalse();
    }
}
