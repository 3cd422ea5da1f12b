using Xunit;

[assembly: AssemblyFixture(typeof(Rekey.Conformance.Engines.MySql.MySqlServers))]

namespace Rekey.Conformance.Engines.MySql;

/// <summary>
/// One server of each kind, started when the first test asks, shared by all tests of the rotator. They speak TLS as <c>localhost</c>
/// and log every statement.
/// </summary>
public sealed class MySqlServers : IAsyncDisposable
{
    public const string MariaDb = "MariaDB";
    public const string MySql = "MySQL";

    private readonly TestAuthority _authority = new();
    private readonly Lazy<Task<PrivateServer>> _mariaDb;
    private readonly Lazy<Task<PrivateServer>> _mySql;
    private readonly Lazy<Task<PrivateServer>> _withoutTls;
    private readonly Lazy<Task<PrivateServer>> _mySql56;

    public MySqlServers()
    {
        // Shared by tests, so no single test may cancel a start.
        _mariaDb = new(async () => await PrivateMariaDb.StartAsync(
            Setup("--plugin-load-add=auth_ed25519", "--max-connections=60"), CancellationToken.None));
        _mySql = new(async () => await PrivateMySql.StartAsync(Setup("--max-connections=60"), CancellationToken.None));
        _withoutTls = new(async () => await PrivateMariaDb.StartAsync(new PrivateServerSetup(), CancellationToken.None));
        _mySql56 = new(async () => await PrivateMySql56.StartAsync(
            new PrivateServerSetup { LogsStatements = true }, CancellationToken.None));
    }

    internal TestAuthority Authority => _authority;

    /// <summary>The server of the name, which tests take from a table. Skips the test where it is missing.</summary>
    internal Task<PrivateServer> GetAsync(string kind)
    {
        var missing = kind == MySql ? PrivateMySql.Missing : PrivateMariaDb.Missing;
        Assert.SkipWhen(missing is not null, missing ?? "");
        return kind == MySql ? _mySql.Value : _mariaDb.Value;
    }

    /// <summary>A MariaDB that has no certificate.</summary>
    internal Task<PrivateServer> GetWithoutTlsAsync()
    {
        Assert.SkipWhen(PrivateMariaDb.Missing is not null, PrivateMariaDb.Missing ?? "");
        return _withoutTls.Value;
    }

    /// <summary>MySQL 5.6, which has no TLS.</summary>
    internal Task<PrivateServer> GetMySql56Async()
    {
        Assert.SkipWhen(PrivateMySql56.Missing is not null, PrivateMySql56.Missing ?? "");
        return _mySql56.Value;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (Lazy<Task<PrivateServer>>[])[_mariaDb, _mySql, _withoutTls, _mySql56])
            if (server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await server.Value).DisposeAsync();
        _authority.Dispose();
    }

    private PrivateServerSetup Setup(params string[] settings) =>
        PrivateServerSetup.WithTls(_authority) with { LogsStatements = true, Settings = settings };
}
