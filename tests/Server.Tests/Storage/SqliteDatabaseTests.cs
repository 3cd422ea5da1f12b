using Microsoft.Extensions.Logging.Abstractions;
using Rekey.Server.Storage;
using Xunit;

namespace Rekey.Server.Tests.Storage;

public sealed class SqliteDatabaseTests : DatabaseContract, IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly DataDirectory _directory;
    private readonly SqliteDatabase _database;

    public SqliteDatabaseTests()
    {
        _directory = DataDirectory.Open(_folder.Path);
        _database = SqliteDatabase.Open(_directory, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
    }

    protected override IDatabase Database => _database;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _directory.Dispose();
        _folder.Dispose();
    }
}
