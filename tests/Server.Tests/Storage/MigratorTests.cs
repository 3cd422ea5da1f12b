using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Storage;

public sealed class MigratorTests : IDisposable
{
    private static readonly Migration First = Migration.Parse("0001_first.sql",
        "CREATE TABLE one (x {text}); INSERT INTO one VALUES ('a')");
    private static readonly Migration Second = Migration.Parse("0002_second.sql", "CREATE TABLE two (x BIGINT)");

    private readonly SqliteSession _database;

    public MigratorTests()
    {
        SqliteLibrary.Ensure();
        var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        _database = new SqliteSession(connection, stamps: null);
    }

    [Fact]
    public void Missing_AreAppliedInOrder_Once()
    {
        Run(First);
        Run(First, Second);
        Run(First, Second);
        Tables().ShouldBe(["one", "schema_migrations", "two"]);
        _database.Session.Query("SELECT version, name FROM schema_migrations ORDER BY version", row => (row.Number(0), row.Text(1)))
            .ShouldBe([(1, "0001_first.sql"), (2, "0002_second.sql")]);
        _database.Session.Query("SELECT x FROM one", row => row.Text(0)).ShouldBe(["a"]);
    }

    [Fact]
    public void FailingMigration_LeavesNothingOfItself()
    {
        var broken = Migration.Parse("0002_broken.sql", "CREATE TABLE two (x BIGINT); INSERT INTO missing VALUES (1)");
        Should.Throw<SqliteException>(() => Run(First, broken));
        Tables().ShouldBe(["one", "schema_migrations"]);
        Run(First, Second);
        Tables().ShouldBe(["one", "schema_migrations", "two"]);
    }

    [Fact]
    public void NewerDatabase_IsRefusedWithASentence()
    {
        Run(First, Second);
        Should.Throw<StorageException>(() => Run(First)).Message.ShouldBe("The database was made by a newer Rekey: it has schema 2 "
            + "(0002_second.sql), this program knows 1. Start the newer program, or restore a backup taken before it ran.");
    }

    [Fact]
    public void EditedMigration_IsRefused()
    {
        Run(First);
        Should.Throw<StorageException>(() => Run(First with { Checksum = "other" })).Message
            .ShouldStartWith("Migration 0001_first.sql of the database is not the one this program carries.");
    }

    [Fact]
    public void OwnMigrations_AreNumberedWithoutGaps() =>
        Migration.All.Select(migration => (int)migration.Version).ShouldBe(Enumerable.Range(1, Migration.All.Count));

    public void Dispose() => _database.Dispose();

    private void Run(params Migration[] known) =>
        new Migrator(_database.Session, SqlDialect.Sqlite, TimeProvider.System, NullLogger.Instance).Run(known);

    private List<string> Tables() =>
        _database.Session.Query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", row => row.Text(0));
}
