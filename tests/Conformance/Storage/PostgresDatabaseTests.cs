using Rekey.Server.Storage;
using Rekey.Server.Tests.Storage;
using Xunit;

namespace Rekey.Conformance.Storage;

/// <summary>The store's contract on PostgreSQL.</summary>
public sealed class PostgresDatabaseTests(PostgresStore store) : DatabaseContract, IClassFixture<PostgresStore>, IAsyncLifetime
{
    private PostgresDatabase? _database;

    protected override IDatabase Database => _database!;

    public async ValueTask InitializeAsync() =>
        _database = PostgresStore.Open(await store.CreateDatabaseAsync(TestContext.Current.CancellationToken));

    public async ValueTask DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
    }
}
