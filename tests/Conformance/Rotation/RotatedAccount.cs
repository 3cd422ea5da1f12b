using System.Text.Json.Nodes;
using Npgsql;
using Rekey.Aws;
using Rekey.Conformance.Engines;
using Rekey.Rotators;

namespace Rekey.Conformance.Rotation;

/// <summary>A database account whose password rotates: how it is made, what its secret says, and whether a password logs in.</summary>
/// <param name="caFile">The authority to verify the server by; null: it is spoken to without TLS.</param>
internal sealed class RotatedAccount(
    DatabaseEngine engine, string functionName, string host, int port, string? caFile, Func<string, string, CancellationToken, Task> create)
{
    private readonly RotatorOptions _options = new() { ConnectTimeout = TimeSpan.FromSeconds(20), CaFile = caFile };

    public string FunctionArn { get; } = $"arn:aws:lambda:us-east-1:123456789012:function:{functionName}";

    public string? CaFile => caFile;

    public static RotatedAccount On(PrivateMariaDb server) =>
        MySqlFamily(DatabaseEngine.MariaDb, "SecretsManagerRDSMariaDBRotationSingleUser", server, caFile: null);

    public static RotatedAccount On(PrivateMySql server, string caFile) =>
        MySqlFamily(DatabaseEngine.MySql, "SecretsManagerRDSMySQLRotationSingleUser", server, caFile);

    public static RotatedAccount On(PrivatePostgres server) => new(
        DatabaseEngine.Postgres, "SecretsManagerRDSPostgreSQLRotationSingleUser", PrivatePostgres.Host, server.Port, caFile: null,
        (name, password, cancellationToken) => server.ExecuteAsync($"CREATE ROLE {name} LOGIN PASSWORD '{password}'", cancellationToken));

    public Task CreateAsync(string username, string password, CancellationToken cancellationToken) =>
        create(username, password, cancellationToken);

    /// <summary>The secret's JSON, with a key that no rotator knows.</summary>
    public string SecretString(string username, string password) => new JsonObject
    {
        ["engine"] = engine.Name,
        ["host"] = host,
        ["port"] = port,
        ["username"] = username,
        ["password"] = password,
        ["ssl"] = caFile is not null,
        ["owner"] = "payments",
    }.ToJsonString();

    /// <summary>True when a new connection with the value logs in; false when the server refuses the login. Anything else throws.</summary>
    public async Task<bool> LogsInAsync(string secretString, CancellationToken cancellationToken)
    {
        using var secret = Sensitive.FromText(secretString);
        var credentials = SecretJson.ReadCredentials(secret, engine);
        var rotator = RotatorCatalogue.Find(FunctionArn.Split(':')[^1])!.Create(_options, TimeProvider.System);
        try
        {
            await rotator.TestSecretAsync(new RotationRequest { Current = credentials, Pending = credentials }, cancellationToken);
            return true;
        }
        catch (RotatorException refused) when (refused.Cause == FailureCause.Auth)
        {
            return false;
        }
    }

    private static RotatedAccount MySqlFamily(DatabaseEngine engine, string functionName, PrivateServer server, string? caFile) => new(
        engine, functionName, PrivateServer.Host, server.Port, caFile,
        (name, password, cancellationToken) =>
            server.ExecuteAsync($"CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'", cancellationToken));
}
