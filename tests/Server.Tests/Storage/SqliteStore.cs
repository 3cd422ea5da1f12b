using Microsoft.Extensions.Logging.Abstractions;
using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Storage;

/// <summary>A SQLite database in a data directory of its own. Can be closed and opened again.</summary>
internal sealed class SqliteStore : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public SqliteStore() => (Directory, Database) = OpenBoth();

    public string Path => _folder.Path;

    public DataDirectory Directory { get; private set; }

    public SqliteDatabase Database { get; private set; }

    public static SqliteDatabase Open(DataDirectory directory) =>
        SqliteDatabase.Open(directory, TimeProvider.System, NullLogger<SqliteDatabase>.Instance);

    /// <summary>Stops and starts, as a server does.</summary>
    public async Task ReopenAsync()
    {
        await CloseAsync();
        (Directory, Database) = OpenBoth();
    }

    public async Task CloseAsync()
    {
        await Database.DisposeAsync();
        Directory.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    private (DataDirectory Directory, SqliteDatabase Database) OpenBoth()
    {
        var directory = DataDirectory.Open(_folder.Path);
        return (directory, Open(directory));
    }
}
