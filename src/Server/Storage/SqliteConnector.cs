using Microsoft.Data.Sqlite;

namespace Rekey.Server.Storage;

/// <summary>Opens connections to one database file with the settings that the durability promise rests on.</summary>
internal sealed class SqliteConnector(string path)
{
    /// <summary>
    /// The writing connection. WAL with synchronous=FULL: a commit returns after fsync of the log. Temporary tables stay in memory, so that
    /// nothing is written outside the data directory.
    /// </summary>
    public SqliteSession OpenWriter(WriteStamps stamps)
    {
        var session = Open(SqliteOpenMode.ReadWrite, stamps);
        var mode = session.Session.Find("PRAGMA journal_mode = WAL", row => row.Text(0));
        if (mode != "wal")
            throw new StorageException($"SQLite refuses the WAL mode for {path}: it answered '{mode}'. Is it on a network share?");
        session.Session.Execute("PRAGMA synchronous = FULL");
        session.Session.Execute("PRAGMA temp_store = MEMORY");
        session.Session.Execute("PRAGMA journal_size_limit = 67108864");
        return session;
    }

    /// <summary>A connection that cannot write.</summary>
    public SqliteSession OpenReader()
    {
        var session = Open(SqliteOpenMode.ReadOnly, stamps: null);
        session.Session.Execute("PRAGMA temp_store = MEMORY");
        return session;
    }

    private SqliteSession Open(SqliteOpenMode mode, WriteStamps? stamps)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            return new SqliteSession(connection, stamps);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
