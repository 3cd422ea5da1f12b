using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MongoDb;

/// <summary>
/// MongoDB 3.6 and later, self-run or Atlas, alone, as a replica set or behind a router, and Amazon DocumentDB. The secret's host may be
/// any member of the set: what has to be changed is changed at the primary.
/// </summary>
/// <param name="changesItself">Whether the rotation lets users change their own passwords.</param>
internal sealed class MongoLogin(RotatorOptions options, TimeProvider time, bool changesItself) : IDatabaseLogin
{
    /// <summary>Where users are kept unless a secret says otherwise.</summary>
    public const string DefaultDatabase = "admin";

    public RotatorOptions Options => options;

    public TimeProvider Time => time;

    public bool ChangesItself => changesItself;

    /// <summary>The database that knows the user: the secret's <c>authSource</c>, else <c>dbname</c>, as AWS's templates have it.</summary>
    public static string DatabaseOf(DatabaseCredentials credentials) => credentials.DatabaseName ?? DefaultDatabase;

    async Task<IAccountSession> IDatabaseLogin.LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken) =>
        await LogInAsync(credentials, cancellationToken);

    /// <inheritdoc cref="IDatabaseLogin.LogInAsync"/>
    public async Task<MongoSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var user = new MongoLoginName(credentials, DatabaseOf(credentials));
        var connection = await OpenAsync(MongoAddress.Of(credentials), user, cancellationToken);
        try
        {
            await DemandIsAsync(connection, user, cancellationToken);
            return new MongoSession(this, connection, user);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A logged-in connection to just this server. Auth when it refused, and is a judge of that.</summary>
    public async Task<MongoConnection> OpenAsync(MongoAddress address, MongoLoginName user, CancellationToken cancellationToken)
    {
        var refusals = new MongoRefusals(this, address, user);
        while (true)
        {
            var connection = await MongoConnection.OpenAsync(address, user.Credentials.Tls, options, cancellationToken);
            try
            {
                var hello = await connection.GreetAsync(user.FullName, cancellationToken);
                await MongoScram.LogInAsync(connection, user.Credentials, user.Database, hello.Mechanisms, cancellationToken);
                return connection;
            }
            catch (RotatorException e) when (e.Cause == FailureCause.Auth && e.NativeCode is not null)
            {
                await connection.DisposeAsync();
                if (await refusals.StandsAsync(connection.Hello!, cancellationToken)) throw;
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>
    /// The connection itself where it leads to the primary, else a new one that does. The way there is told by a server that the user has
    /// logged in to, and which so has proven to know the user's password.
    /// <see cref="FailureCause.Unavailable"/> while the set has no primary.
    /// </summary>
    public async Task<MongoConnection> FollowAsync(MongoConnection known, MongoLoginName user, CancellationToken cancellationToken)
    {
        var hello = await known.GreetAsync(user: null, cancellationToken);
        if (hello.IsWritable) return known;
        if (hello.SetName is null || hello.Primary is null || MongoAddress.Parse(hello.Primary) is not { } address)
            throw NoPrimary(known.Address);
        MongoConnection primary;
        try
        {
            primary = await OpenAsync(address, user, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause is FailureCause.Network or FailureCause.Tls)
        {
            throw Failures.Prefixed($"{known.Address} is a secondary, and the primary it names cannot be used", e);
        }
        if (primary.Hello is { IsWritable: true } there && there.SetName == hello.SetName) return primary;
        await primary.DisposeAsync();
        throw NoPrimary(known.Address);
    }

    public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
        new MongoDiagnosis(this, current).RunAsync(cancellationToken);

    private static async Task DemandIsAsync(MongoConnection connection, MongoLoginName user, CancellationToken cancellationToken)
    {
        var status = await connection.RunAsync(user.Database, MongoConnection.Command().Int32("connectionStatus", 1), cancellationToken);
        var users = status.FindDocument("authInfo")?.FindDocuments("authenticatedUsers") ?? [];
        if (users is [var one] && one.FindText("user") == user.Credentials.Username && one.FindText("db") == user.Database) return;
        throw Failures.Precondition($"The server took the login of user {user.Credentials.Username} for that of another one");
    }

    private static RotatorException NoPrimary(MongoAddress address) =>
        new(FailureCause.Unavailable, $"The replica set that {address} is of has no primary just now, or is choosing one.");
}

/// <summary>Who logs in, and the database that knows the user. Not a record: it must not print its members.</summary>
internal sealed class MongoLoginName(DatabaseCredentials credentials, string database)
{
    public DatabaseCredentials Credentials => credentials;

    public string Database => database;

    /// <summary>As servers are asked about users before a login.</summary>
    public string FullName => $"{database}.{credentials.Username}";
}
