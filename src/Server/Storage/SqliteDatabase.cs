using Microsoft.Extensions.Logging;

namespace Rekey.Server.Storage;

/// <summary>
/// The embedded store: one SQLite file in the data directory, owned by one process. Writes are durable when acknowledged (WAL,
/// synchronous=FULL) and committed in groups; reads run beside them on their own connections.
/// </summary>
internal sealed class SqliteDatabase : IDatabase
{
    public const string FileName = "rekey.db";

    private readonly SqliteReaders _readers;
    private readonly SqliteCommitter _committer;

    private SqliteDatabase(WriteStamps stamps, SqliteReaders readers, SqliteSession writer, ILogger logger)
    {
        Stamps = stamps;
        _readers = readers;
        _committer = new SqliteCommitter(writer, Bell, logger);
    }

    public bool IsExclusive => true;

    public WriteStamps Stamps { get; }

    public CommitBell Bell { get; } = new();

    /// <summary>Opens the database in <paramref name="directory"/>, made when missing, and brings its schema up to date.</summary>
    /// <exception cref="StorageException">The library is missing, the file is damaged, or a newer program made it.</exception>
    public static SqliteDatabase Open(DataDirectory directory, TimeProvider time, ILogger<SqliteDatabase> logger)
    {
        SqliteLibrary.Ensure();
        // SQLite gives its log and index the mode of the database file, so that one is made first.
        var connector = new SqliteConnector(directory.EnsureFile(FileName));
        SqliteSession? writer = null;
        try
        {
            var stamps = new WriteStamps();
            writer = connector.OpenWriter(stamps);
            new Migrator(writer.Session, SqlDialect.Sqlite, time, logger).Run();
            Posix.SyncDirectory(directory.Path);
            return new SqliteDatabase(stamps, new SqliteReaders(connector), writer, logger);
        }
        catch (Exception failure)
        {
            writer?.Dispose();
            if (failure is StorageException) throw;
            throw new StorageException($"The database {directory.File(FileName)} cannot be opened: {failure.Message}", failure);
        }
    }

    public T Read<T>(Func<Session, T> work) => _readers.Read(work);

    public Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken) =>
        _committer.WriteAsync(work, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _readers.Dispose();
        await _committer.DisposeAsync().ConfigureAwait(false);
    }
}
