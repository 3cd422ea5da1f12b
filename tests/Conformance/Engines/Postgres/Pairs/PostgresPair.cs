using System.Security.Cryptography;
using Npgsql;
using Rekey.Aws;
using Rekey.Rotators;

namespace Rekey.Conformance.Engines.Postgres.Pairs;

/// <summary>A base role, its clone-to-be, and what a secret of theirs holds while it rotates.</summary>
internal sealed class PostgresPair
{
    private readonly PrivatePostgres _server;
    private readonly Dictionary<string, string> _passwords = [];

    private PostgresPair(PrivatePostgres server, string name, string password)
    {
        _server = server;
        Base = name;
        Current = name;
        _passwords[name] = password;
    }

    public string Base { get; }

    public string Twin => Base + "_clone";

    /// <summary>The user of AWSCURRENT.</summary>
    public string Current { get; private set; }

    public string Pending => Current == Base ? Twin : Base;

    public RotationSettings Settings { get; set; } = RotationSettings.Default;

    public PinnedTarget? Pin { get; set; }

    public IDatabaseRotator Rotator { get; init; } = RotatorCatalogue.Find("SecretsManagerRDSPostgreSQLRotationMultiUser")!
        .Create(
            new RotatorOptions { ConnectTimeout = TimeSpan.FromSeconds(20), CommandTimeout = TimeSpan.FromSeconds(30) },
            TimeProvider.System);

    /// <summary>The superuser secret; by default the cluster's own superuser.</summary>
    public (string Name, string Password)? Superuser { get; set; }

    public string Database { get; set; } = "postgres";

    public static async Task<PostgresPair> CreateAsync(
        PrivatePostgres server, CancellationToken cancellationToken, string? name = null, string options = "")
    {
        var role = await TestRole.CreateAsync(server, cancellationToken, name, options);
        return new PostgresPair(server, role.Name, role.Password);
    }

    public static string Quoted(string name) => '"' + name.Replace("\"", "\"\"") + '"';

    public string QuotedBase => Quoted(Base);

    public string QuotedTwin => Quoted(Twin);

    public string PasswordOf(string user) => _passwords[user];

    public DatabaseCredentials Credentials(string user, string password) => new()
    {
        Engine = "postgres",
        Host = PrivatePostgres.Host,
        Port = _server.Port,
        Username = user,
        Password = Sensitive.FromText(password),
        DatabaseName = Database,
        Tls = TlsMode.Plaintext,
    };

    public RotationRequest Request(string pending) => new()
    {
        Current = Credentials(Current, _passwords[Current]),
        Pending = Credentials(Pending, pending),
        Superuser = Superuser is { } own
            ? Credentials(own.Name, own.Password)
            : Credentials(PrivatePostgres.Superuser, _server.SuperuserPassword),
        Settings = Settings,
        Pin = Pin,
    };

    /// <summary>One rotation, from createSecret's password to finishSecret's label.</summary>
    public async Task<SetSecretResult> RotateAsync(CancellationToken cancellationToken, string? password = null)
    {
        var pending = password ?? NewPassword();
        var request = Request(pending);
        var result = await Rotator.SetSecretAsync(request, cancellationToken);
        Pin = result.Pin;
        await Rotator.TestSecretAsync(request with { Pin = Pin }, cancellationToken);
        Finish(pending);
        return result;
    }

    /// <summary>Gives the base a password as the single-user function with a superuser does, in one step.</summary>
    public async Task SetPasswordAsync(string password, CancellationToken cancellationToken)
    {
        var rotator = RotatorCatalogue.Find("SecretsManagerRDSPostgreSQLRotationSingleUser")!
            .Create(new RotatorOptions { ConnectTimeout = TimeSpan.FromSeconds(20) }, TimeProvider.System);
        var request = Request(password) with
        {
            Current = Credentials(Base, _passwords[Base]),
            Pending = Credentials(Base, password),
            Pin = Pin,
        };
        await rotator.SetSecretAsync(request, cancellationToken);
        _passwords[Base] = password;
    }

    /// <summary>What finishSecret does to the secret.</summary>
    public void Finish(string pending)
    {
        _passwords[Pending] = pending;
        Current = Pending;
    }

    public static string NewPassword() => RandomNumberGenerator.GetHexString(32);

    public Task<object?> SuperAsync(string sql, CancellationToken cancellationToken, string database = "postgres") =>
        _server.ExecuteAsync($"SET client_min_messages = error; {sql}", cancellationToken, database);

    /// <summary>An application's login.</summary>
    public Task<NpgsqlConnection> OpenAsync(string user, CancellationToken cancellationToken, string? database = null) =>
        OpenAsync(user, _passwords[user], cancellationToken, database);

    public async Task<NpgsqlConnection> OpenAsync(
        string user, string password, CancellationToken cancellationToken, string? database = null)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = PrivatePostgres.Host,
            Port = _server.Port,
            Username = user,
            Password = password,
            Database = database ?? Database,
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

    public async Task<bool> LogsInAsync(string user, string password, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(user, password, cancellationToken);
            return true;
        }
        catch (PostgresException e) when (
            e.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            return false;
        }
    }

    /// <summary>Runs SQL as one of the two and returns the first value, or the SQLSTATE of the refusal.</summary>
    public async Task<object?> AsAsync(string user, string sql, CancellationToken cancellationToken, string? database = null)
    {
        await using var connection = await OpenAsync(user, cancellationToken, database);
        await using var command = new NpgsqlCommand(sql, connection);
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken);
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }
}
