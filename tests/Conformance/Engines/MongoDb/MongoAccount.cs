using System.Security.Cryptography;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Shouldly;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>A user of one test, and rotations of it.</summary>
internal sealed class MongoAccount
{
    /// <summary>A role that every user of the tests may be given: it lets users change their own passwords.</summary>
    public const string PasswordChanger = "passwordChanger";

    private const string DuplicateRole = "51002";

    private readonly PrivateMongo _server;

    private MongoAccount(PrivateMongo server, string name, string database, int port)
    {
        _server = server;
        Name = name;
        Database = database;
        Port = port;
    }

    public string Name { get; }

    public string Database { get; }

    public int Port { get; }

    /// <summary>The password it was made with.</summary>
    public string Password { get; private init; } = NewPassword();

    public static string NewName() => "app_" + RandomNumberGenerator.GetHexString(10, lowercase: true);

    public static string NewPassword() => "aA1!" + RandomNumberGenerator.GetHexString(28);

    /// <summary>A user that may change its own password and read and write the database shop.</summary>
    /// <param name="change">Further fields of createUser.</param>
    public static async Task<MongoAccount> CreateAsync(
        PrivateMongo server, CancellationToken cancellationToken, string? name = null, string database = "admin",
        bool mayChangeItself = true, Action<BsonWriter>? change = null, string? password = null)
    {
        var primary = await server.FindPrimaryAsync(cancellationToken);
        var account = new MongoAccount(server, name ?? NewName(), database, primary.Port) { Password = password ?? NewPassword() };
        if (mayChangeItself) await EnsureRoleAsync(server, database, cancellationToken);
        MongoRole[] roles = [new("readWrite", "shop"), .. mayChangeItself ? [new MongoRole(PasswordChanger, database)] : (MongoRole[])[]];
        await server.RunAsync(database, command =>
        {
            command.Text("createUser", account.Name).Text("pwd", account.Password);
            Roles(command, roles);
            change?.Invoke(command);
        }, cancellationToken);
        return account;
    }

    public static void Roles(BsonWriter command, IEnumerable<MongoRole> roles) => command.Array("roles", roles, (writer, index, role) =>
        writer.Document(index, one => one.Text("role", role.Name).Text("db", role.Database)));

    public DatabaseCredentials With(string password, string? name = null, int? port = null, TlsMode tls = TlsMode.Plaintext) => new()
    {
        Engine = "mongo",
        Host = PrivateMongo.Host,
        Port = port ?? Port,
        Username = name ?? Name,
        Password = Sensitive.FromText(password),
        DatabaseName = Database,
        Tls = tls,
    };

    /// <summary>A rotation of this user by itself.</summary>
    public RotationRequest Rotation(
        string current, string pending, bool pendingMayBeLive = false, int? port = null, TlsMode tls = TlsMode.Plaintext) => new()
        {
            Current = With(current, port: port, tls: tls),
            Pending = With(pending, port: port, tls: tls),
            PendingMayBeLive = pendingMayBeLive,
        };

    /// <summary>A rotation from one user of the pair to the other, by the superuser.</summary>
    public RotationRequest Alternation((string Name, string Password) current, (string Name, string Password) pending) => new()
    {
        Current = With(current.Password, current.Name),
        Pending = With(pending.Password, pending.Name),
        Superuser = _server.AdminCredentials(Port, Database),
    };

    public Task ShouldLogInAsync(string password, string? name = null) => ShouldAsync(password, name, "true");

    public Task ShouldBeRefusedAsync(string password, string? name = null) => ShouldAsync(password, name, "false");

    /// <summary>What the server says of a user of this one's database; null when there is none.</summary>
    public Task<MongoUser?> FindAsync(CancellationToken cancellationToken, string? name = null) => _server.WithPrimaryAsync(
        connection => new MongoUsers(connection, Database, new RotatorOptions()).FindAsync(name ?? Name, cancellationToken),
        cancellationToken);

    /// <summary>Waits until the user logs in with its first password on every member that runs, which may be catching up.</summary>
    public async Task UntilEveryMemberHasItAsync(CancellationToken cancellationToken)
    {
        const int LooksMax = 100;
        for (var looks = 1; looks < LooksMax && (await LogInEverywhereAsync(Password, Name)).Any(seen => seen != "true"); looks++)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        await ShouldLogInAsync(Password);
    }

    private async Task ShouldAsync(string password, string? name, string outcome) =>
        (await LogInEverywhereAsync(password, name ?? Name)).ShouldAllBe(seen => seen == outcome);

    /// <summary>Logins by another client than ours, on each member that runs.</summary>
    private Task<IReadOnlyList<string>> LogInEverywhereAsync(string password, string name) => PyMongo.LogInAsync(
        [.. _server.Members.Where(member => member.IsRunning).Select(member => new PyMongoLogin(member.Port, Database, name, password))]);

    private static async Task EnsureRoleAsync(PrivateMongo server, string database, CancellationToken cancellationToken)
    {
        try
        {
            await server.RunAsync(database, command => command.Text("createRole", PasswordChanger)
                .Array("privileges", [database], (privileges, index, db) => privileges.Document(index, one => one
                    .Document("resource", where => where.Text("db", db).Text("collection", ""))
                    .Texts("actions", ["changeOwnPassword"])))
                .Texts("roles", []), cancellationToken);
        }
        catch (RotatorException e) when (e.NativeCode == DuplicateRole)
        {
            // Another test made it.
        }
    }
}
