using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Rekey.Conformance.Engines;
using Rekey.Server.Storage;
using Xunit;

namespace Rekey.Conformance.Storage;

/// <summary>A PostgreSQL 15 server shared by the tests of a class; each test takes a database of its own.</summary>
public sealed class PostgresStore : IAsyncLifetime
{
    private PrivatePostgres? _server;
    private int _databases;

    internal PrivatePostgres Server => _server!;

    public async ValueTask InitializeAsync()
    {
        if (PrivatePostgres.Missing(15) is null) _server = await PrivatePostgres.StartAsync(15, CancellationToken.None);
    }

    /// <summary>Connection string of a new, empty database. Skips the test where PostgreSQL is missing.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        Assert.SkipWhen(_server is null, PrivatePostgres.Missing(15) ?? "");
        var name = "store" + Interlocked.Increment(ref _databases).ToString(CultureInfo.InvariantCulture);
        await _server.ExecuteAsync($"CREATE DATABASE {name}", cancellationToken);
        return $"{_server.ConnectionString(name)};Pooling=true;Maximum Pool Size=40";
    }

    internal static PostgresDatabase Open(string connectionString) =>
        PostgresDatabase.Open(connectionString, TimeProvider.System, NullLogger<PostgresDatabase>.Instance);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
