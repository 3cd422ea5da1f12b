using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Rekey.Server.Storage;

/// <summary>One open SQLite connection with its prepared statements.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly StatementCache _statements = new();

    public SqliteSession(SqliteConnection connection, WriteStamps? stamps = null)
    {
        _connection = connection;
        Session = new Session(connection, _statements, stamps);
    }

    public Session Session { get; }

    public SqliteConnection Connection => _connection;

    /// <summary>SQLite ends a transaction by itself on some failures: a full disk, an input/output error, too little memory.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    public void Dispose()
    {
        _statements.Dispose();
        _connection.Dispose();
    }
}
