using Microsoft.Extensions.Logging;
using Npgsql;

namespace Rekey.Server.Storage;

/// <summary>
/// The shared store: PostgreSQL 13 or newer, or what speaks its protocol; many nodes may write to it. Writes run SERIALIZABLE and are
/// repeated on a conflict; a read sees one REPEATABLE READ snapshot and cannot write.
/// </summary>
internal sealed class PostgresDatabase : IDatabase
{
    private const int OldestMajor = 13;

    private readonly NpgsqlDataSource _reads;
    private readonly NpgsqlDataSource _writes;
    private readonly PostgresWriters _writers;

    private PostgresDatabase(NpgsqlDataSource reads, NpgsqlDataSource writes, ILogger logger)
    {
        _reads = reads;
        _writes = writes;
        _writers = new PostgresWriters(writes, Bell, logger);
    }

    public bool IsExclusive => false;

    public WriteStamps? Stamps => null;

    public CommitBell Bell { get; } = new();

    /// <summary>Connects and brings the schema up to date; nodes that start together take turns.</summary>
    /// <exception cref="StorageException">The text is no connection string, the server cannot be used, or the schema is newer.</exception>
    public static PostgresDatabase Open(string connectionString, TimeProvider time, ILogger<PostgresDatabase> logger)
    {
        var settings = Parse(connectionString);
        settings.MaxPoolSize = Limits.PostgresWriters;
        var writes = NpgsqlDataSource.Create(settings.ConnectionString);
        settings.MaxPoolSize = Limits.PostgresReaders;
        settings.Options = $"{settings.Options} -c default_transaction_read_only=on".TrimStart();
        var reads = NpgsqlDataSource.Create(settings.ConnectionString);
        try
        {
            Migrate(writes, time, logger);
            return new PostgresDatabase(reads, writes, logger);
        }
        catch (Exception failure)
        {
            reads.Dispose();
            writes.Dispose();
            if (failure is StorageException) throw;
            throw new StorageException($"The PostgreSQL database cannot be opened: {failure.Message}", failure);
        }
    }

    public T Read<T>(Func<Session, T> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return ReadOnce(work);
            }
            catch (NpgsqlException failure) when (failure.IsTransient && attempt < Limits.PostgresReadAttempts)
            {
                // A kept connection was dead, and the driver has dropped it with all its kind: the next one is new.
            }
        }
    }

    public Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken) =>
        _writers.WriteAsync(work, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _writers.DisposeAsync().ConfigureAwait(false);
        await _writes.DisposeAsync().ConfigureAwait(false);
        await _reads.DisposeAsync().ConfigureAwait(false);
    }

    private T ReadOnce<T>(Func<Session, T> work)
    {
        using var connection = _reads.OpenConnection();
        using var transaction = connection.BeginTransaction(System.Data.IsolationLevel.RepeatableRead);
        var result = work(new Session(connection));
        transaction.Commit();
        return result;
    }

    // The parser's own message is not passed on: it may quote a piece of the text, which holds a password.
    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString)
            {
                ApplicationName = "rekey",
                MaxAutoPrepare = Limits.StatementsKeptPerConnection,
                AutoPrepareMinUsages = 2,
                NoResetOnClose = true,
                PersistSecurityInfo = false,
            };
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException)
        {
            throw new StorageException("REKEY_DATABASE is not a PostgreSQL connection string. It is a list of Key=Value pairs with "
                + "semicolons between them: Host=db.example.com;Database=rekey;Username=rekey;Password=...;SSL Mode=VerifyFull");
        }
    }

    private static void Migrate(NpgsqlDataSource source, TimeProvider time, ILogger logger)
    {
        using var connection = source.OpenConnection();
        if (connection.PostgreSqlVersion.Major < OldestMajor)
            throw new StorageException($"PostgreSQL is version {connection.PostgreSqlVersion}; {OldestMajor} or newer is needed.");
        var session = new Session(connection);
        // Any fixed number will do; it is this program's name in ASCII.
        session.Execute("SELECT pg_advisory_lock(x'72656b6579'::bigint)");
        try
        {
            new Migrator(session, SqlDialect.Postgres, time, logger).Run();
        }
        finally
        {
            session.Execute("SELECT pg_advisory_unlock(x'72656b6579'::bigint)");
        }
    }
}
