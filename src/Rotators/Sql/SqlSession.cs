using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.Sql;

/// <summary>
/// One connection of an engine that is spoken to in statements: by ODBC, or by a script in tests. Used by one caller at a time.
/// </summary>
internal abstract class SqlSession : IAsyncDisposable
{
    /// <summary>Runs a statement that returns nothing of interest. Takes ownership of the text.</summary>
    public abstract Task ExecuteAsync(SensitiveText statement, CancellationToken cancellationToken);

    /// <summary>Runs a query without secrets: all its rows, null where a value is.</summary>
    public abstract Task<IReadOnlyList<IReadOnlyList<string?>>> QueryAsync(string statement, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>Runs a statement without secrets.</summary>
    public Task ExecuteAsync(string statement, CancellationToken cancellationToken) =>
        ExecuteAsync(new SensitiveText().Append(statement), cancellationToken);

    /// <summary>The first row; null when there is none.</summary>
    public async Task<IReadOnlyList<string?>?> QueryRowAsync(string statement, CancellationToken cancellationToken)
    {
        var rows = await QueryAsync(statement, cancellationToken);
        return rows.Count == 0 ? null : rows[0];
    }
}

/// <summary>
/// Opens a connection. Throws <see cref="OdbcException"/> when driver or server refuse, else <see cref="RotatorException"/>.
/// </summary>
internal delegate Task<SqlSession> SqlConnector(DatabaseCredentials credentials, SqlRoute route, CancellationToken cancellationToken);
