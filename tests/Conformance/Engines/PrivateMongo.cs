using System.Security.Cryptography;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Xunit;

namespace Rekey.Conformance.Engines;

/// <summary>
/// MongoDB of this test run's own: a replica set on loopback, or one server of no set. It has an account that may do everything. Logins
/// are checked, members trust each other by a shared key.
/// </summary>
internal sealed class PrivateMongo : IAsyncDisposable
{
    public const string Host = "localhost";
    public const string Admin = "root-of-tests";

    private static readonly string Server = Path.Combine(DownloadCache.Engines, "mongodb-7", "mongod.exe");
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ElectionMax = TimeSpan.FromSeconds(60);
    private static readonly RotatorOptions Patient =
        new() { ConnectTimeout = TimeSpan.FromSeconds(20), CommandTimeout = TimeSpan.FromSeconds(20) };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rekey-mongo-");
    private readonly MongoLogin _login = new(Patient, TimeProvider.System, changesItself: true);

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private MongoConnection? _administrator;

    private PrivateMongo(int members, string? setName)
    {
        SetName = setName;
        var key = Path.Combine(_folder.FullName, "key");
        File.WriteAllText(key, Convert.ToBase64String(RandomNumberGenerator.GetBytes(300)));
        Members = [.. Enumerable.Range(0, members).Select(number => new MongoProcess(
            Server, _folder.CreateSubdirectory($"member{number}").FullName,
            setName is null ? ["--auth"] : ["--replSet", setName, "--keyFile", WinePrefix.PathOf(key), "--oplogSize", "16"]))];
    }

    /// <summary>Why the server cannot be run here, or null.</summary>
    public static string? Missing => !File.Exists(Server) ? "MongoDB 7 was not fetched (eng/engines mongodb-7)" : WinePrefix.Missing;

    public IReadOnlyList<MongoProcess> Members { get; }

    public string? SetName { get; }

    public string AdminPassword { get; } = RandomNumberGenerator.GetHexString(32);

    /// <summary>A running set of that many members. Skips the test where the server is missing.</summary>
    public static Task<PrivateMongo> StartSetAsync(int members, CancellationToken cancellationToken) =>
        StartAsync(new PrivateMongo(members, "rs of tests"), cancellationToken);

    /// <summary>A running server of no set. Skips the test where the server is missing.</summary>
    public static Task<PrivateMongo> StartAloneAsync(CancellationToken cancellationToken) =>
        StartAsync(new PrivateMongo(1, setName: null), cancellationToken);

    /// <summary>Runs one command as the administrator, at the primary.</summary>
    public Task<BsonDocument> RunAsync(string database, Action<BsonWriter> command, CancellationToken cancellationToken) =>
        WithPrimaryAsync(
            connection =>
            {
                var writer = MongoConnection.Command();
                command(writer);
                return connection.RunAsync(database, writer, cancellationToken);
            },
            cancellationToken);

    /// <summary>
    /// Does something on the administrator's connection to the primary, which is kept: a login takes longer than most commands.
    /// </summary>
    public async Task<T> WithPrimaryAsync<T>(Func<MongoConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            // After a failover it leads to a member that is gone, or primary no more.
            if (_administrator is not null && !await IsPrimaryAsync(_administrator, cancellationToken)) await ForgetAdministratorAsync();
            _administrator ??= await OpenPrimaryAsync(cancellationToken);
            return await work(_administrator);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>The administrator's connection to the primary, for the caller to close. Waits until there is one.</summary>
    public async Task<MongoConnection> OpenPrimaryAsync(CancellationToken cancellationToken)
    {
        var primary = await FindPrimaryAsync(cancellationToken);
        return await _login.OpenAsync(
            new MongoAddress(Host, primary.Port), new MongoLoginName(AdminCredentials(primary.Port), "admin"), cancellationToken);
    }

    /// <summary>Waits until a member that runs takes writes.</summary>
    public async Task<MongoProcess> FindPrimaryAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ElectionMax);
        while (true)
        {
            foreach (var member in Members.Where(member => member.IsRunning))
                if (await GreetAsync(member, patience.Token) is { IsWritable: true }) return member;
            await Task.Delay(Pause, TimeProvider.System, patience.Token);
        }
    }

    /// <summary>Waits until every member that runs is primary or secondary, and one is primary.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        await FindPrimaryAsync(cancellationToken);
        foreach (var member in Members.Where(member => member.IsRunning))
        {
            while (await GreetAsync(member, cancellationToken) is not ({ IsWritable: true } or { IsSecondary: true }))
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    public DatabaseCredentials AdminCredentials(int port, string? database = null) => new()
    {
        Engine = "mongo",
        Host = Host,
        Port = port,
        Username = Admin,
        Password = Sensitive.FromText(AdminPassword),
        DatabaseName = database ?? "admin",
        Tls = TlsMode.Plaintext,
    };

    public async ValueTask DisposeAsync()
    {
        await ForgetAdministratorAsync();
        foreach (var member in Members) await member.CrashAsync();
        _oneAtATime.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task<bool> IsPrimaryAsync(MongoConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return (await connection.GreetAsync(user: null, cancellationToken)).IsWritable;
        }
        catch (RotatorException e) when (e.IsTransient)
        {
            return false;
        }
    }

    private async Task ForgetAdministratorAsync()
    {
        if (_administrator is not null) await _administrator.DisposeAsync();
        _administrator = null;
    }

    private static async Task<PrivateMongo> StartAsync(PrivateMongo set, CancellationToken cancellationToken)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        try
        {
            await Task.WhenAll(set.Members.Select(member => member.StartAsync(cancellationToken)));
            if (set.SetName is not null) await set.InitiateAsync(cancellationToken);
            // The first user of all may be made without a login, from the server's own machine.
            var primary = await set.FindPrimaryAsync(cancellationToken);
            await RunUnknownAsync(primary, command => command.Text("createUser", Admin).Text("pwd", set.AdminPassword)
                .Array("roles", ["root"], (roles, index, role) => roles.Text(index, role)), cancellationToken);
            await set.SettleAsync(cancellationToken);
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>Elections within a second or two: the defaults are made for networks.</summary>
    private Task InitiateAsync(CancellationToken cancellationToken) => RunUnknownAsync(
        Members[0],
        command => command.Document("replSetInitiate", set => set
            .Text("_id", SetName!)
            .Int32("version", 1)
            .Array("members", Members.Index(), (members, index, member) => members.Document(index, one => one
                .Int32("_id", member.Index).Text("host", $"{Host}:{member.Item.Port}")))
            .Document("settings", settings => settings.Int32("electionTimeoutMillis", 1500).Int32("heartbeatIntervalMillis", 300))),
        cancellationToken);

    private static async Task RunUnknownAsync(MongoProcess member, Action<BsonWriter> command, CancellationToken cancellationToken)
    {
        var writer = MongoConnection.Command();
        command(writer);
        await using var connection = await OpenAsync(member, cancellationToken);
        await connection.GreetAsync(user: null, cancellationToken);
        await connection.RunAsync("admin", writer, cancellationToken);
    }

    private static async Task<MongoHello?> GreetAsync(MongoProcess member, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(member, cancellationToken);
            return await connection.GreetAsync(user: null, cancellationToken);
        }
        catch (RotatorException e) when (e.IsTransient)
        {
            return null;
        }
    }

    private static Task<MongoConnection> OpenAsync(MongoProcess member, CancellationToken cancellationToken) =>
        MongoConnection.OpenAsync(new MongoAddress(Host, member.Port), TlsMode.Plaintext, Patient, cancellationToken);
}
