using System.Text.Json.Nodes;
using Rekey.Conformance.Engines;
using Rekey.Conformance.Rotation;
using Rekey.Conformance.Servers;
using Rekey.Rotators;
using Xunit;

namespace Rekey.Conformance.Clients;

/// <summary>
/// A <c>rekey server</c> process and a MariaDB server with one account that a secret is about, for a client of AWS that knows no more
/// than an endpoint URL.
/// </summary>
public sealed class ClientSession : IAsyncLifetime
{
    public const string FunctionArn = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rekey-clients-");
    private PrivateMariaDb? _database;
    private RekeyProcess? _server;
    private int _accounts;

    public Uri Endpoint => Server.Endpoint;

    internal RekeyProcess Server => _server ?? throw new InvalidOperationException("The server was not started.");

    public async ValueTask InitializeAsync()
    {
        _database = await PrivateMariaDb.StartAsync(new PrivateServerSetup(), CancellationToken.None);
        _server = await RekeyProcess.StartAsync(_folder.FullName, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>The environment of a client: the root's key, and nothing of whoever runs the tests.</summary>
    internal void Prepare(System.Diagnostics.ProcessStartInfo client)
    {
        foreach (var name in client.Environment.Keys.Where(name => name.StartsWith("AWS_", StringComparison.Ordinal)).ToArray())
            client.Environment.Remove(name);
        client.Environment["HOME"] = _folder.FullName;
        client.Environment["AWS_ACCESS_KEY_ID"] = RekeyProcess.AccessKeyId;
        client.Environment["AWS_SECRET_ACCESS_KEY"] = RekeyProcess.SecretAccessKey;
        client.Environment["AWS_DEFAULT_REGION"] = "us-east-1";
        client.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        client.Environment["AWS_PAGER"] = "";
        client.Environment["REKEY_ENDPOINT"] = Endpoint.GetLeftPart(UriPartial.Authority);
    }

    /// <summary>A new database account, and what its secret says.</summary>
    internal async Task<JsonObject> CreateAccountAsync(CancellationToken cancellationToken)
    {
        const string Password = "First-password-0";
        var account = RotatedAccount.On(_database!);
        var name = $"app{Interlocked.Increment(ref _accounts)}";
        await account.CreateAsync(name, Password, cancellationToken);
        return JsonNode.Parse(account.SecretString(name, Password))!.AsObject();
    }

    /// <summary>Whether the database lets a new connection with this value in.</summary>
    internal Task<bool> LogsInAsync(JsonNode value, CancellationToken cancellationToken) =>
        RotatedAccount.On(_database!).LogsInAsync(value.ToJsonString(), cancellationToken);

    /// <summary>A file of the client's, readable by its owner alone.</summary>
    internal string WriteFile(string name, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(_folder.FullName, name);
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(content);
        return path;
    }
}
