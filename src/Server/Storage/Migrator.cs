using Microsoft.Extensions.Logging;

namespace Rekey.Server.Storage;

/// <summary>
/// Brings a database's schema to this program's: applies the missing migrations in order, each in a transaction of its own together with
/// its record. The caller makes sure that no second one runs.
/// </summary>
internal sealed class Migrator(Session session, SqlDialect dialect, TimeProvider time, ILogger logger)
{
    private const string CreateTable = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version    BIGINT PRIMARY KEY,
            name       TEXT   NOT NULL,
            checksum   TEXT   NOT NULL,
            applied_at BIGINT NOT NULL)
        """;

    /// <exception cref="StorageException">The database is newer than the program, or an applied migration is not the program's.</exception>
    public void Run() => Run(Migration.All);

    public void Run(IReadOnlyList<Migration> known)
    {
        session.Execute(CreateTable);
        var applied = session.Query("SELECT version, name, checksum FROM schema_migrations ORDER BY version",
            row => (Version: row.Number(0), Name: row.Text(1), Checksum: row.Text(2)));
        foreach (var (version, name, checksum) in applied) Check(version, name, checksum, known);
        foreach (var migration in known.Skip(applied.Count)) Apply(migration);
    }

    private static void Check(long version, string name, string checksum, IReadOnlyList<Migration> known)
    {
        if (version > known.Count)
            throw new StorageException($"The database was made by a newer Rekey: it has schema {version} ({name}), this program knows "
                + $"{known.Count}. Start the newer program, or restore a backup taken before it ran.");
        if (known[(int)version - 1].Checksum != checksum)
            throw new StorageException($"Migration {name} of the database is not the one this program carries. Start the program that "
                + "made the database, or restore a backup.");
    }

    private void Apply(Migration migration)
    {
        session.Execute("BEGIN");
        try
        {
            session.Execute(dialect.Translate(migration.Sql));
            session.Execute(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (@version, @name, @checksum, @at)",
                ("@version", migration.Version), ("@name", migration.Name), ("@checksum", migration.Checksum), ("@at", time.GetUtcNow()));
            session.Execute("COMMIT");
        }
        catch
        {
            session.Execute("ROLLBACK");
            throw;
        }
        Log.Migrated(logger, migration.Name);
    }
}
