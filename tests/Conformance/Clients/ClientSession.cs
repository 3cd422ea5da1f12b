using System.Text.Json.Nodes;
using Rekey.Conformance.Engines;
using Rekey.Conformance.Rotation;
using Rekey.Rotators;
using Rekey.Server.Tests.Fakes;
using Xunit;

namespace Rekey.Conformance.Clients;

/// <summary>
/// A <c>rekey server</c> process, and a MariaDB server once an account is wanted that a secret is about, for a client of AWS that knows no
/// more than an endpoint URL.
/// </summary>
public sealed class ClientSession : IAsyncLifetime
{
    public const string FunctionArn = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rekey-clients-");
    private readonly Lazy<Task<PrivateMariaDb>> _database =
        new(() => PrivateMariaDb.StartAsync(new PrivateServerSetup(), CancellationToken.None));
    private ServerProcess? _server;
    private int _accounts;

    /// <summary>Settings of the server, as environment variables.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    public Uri Endpoint => Server.Endpoint;

    internal ServerProcess Server => _server ?? throw new InvalidOperationException("The server was not started.");

    public async ValueTask InitializeAsync() =>
        _server = await ServerProcess.StartAsync(Path.Combine(_folder.FullName, "data"), CancellationToken.None, Settings);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        if (_database.IsValueCreated) await (await _database.Value).DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>The environment of a client: the root's key, and nothing of whoever runs the tests.</summary>
    internal void Prepare(System.Diagnostics.ProcessStartInfo client)
    {
        ClientDriver.Prepare(client, Endpoint);
        client.Environment["HOME"] = _folder.FullName;
    }

    /// <summary>A new database account, and what its secret says.</summary>
    internal async Task<JsonObject> CreateAccountAsync(CancellationToken cancellationToken)
    {
        const string Password = "First-password-0";
        var account = RotatedAccount.On(await _database.Value);
        var name = $"app{Interlocked.Increment(ref _accounts)}";
        await account.CreateAsync(name, Password, cancellationToken);
        return JsonNode.Parse(account.SecretString(name, Password))!.AsObject();
    }

    /// <summary>Whether the database lets a new connection with this value in.</summary>
    internal async Task<bool> LogsInAsync(JsonNode value, CancellationToken cancellationToken) =>
        await RotatedAccount.On(await _database.Value).LogsInAsync(value.ToJsonString(), cancellationToken);

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
