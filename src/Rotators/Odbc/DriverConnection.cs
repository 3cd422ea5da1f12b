namespace Rekey.Rotators.Odbc;

/// <summary>
/// A connection to a server that is spoken to in statements: by ODBC, or by the calls of a client library. Used by one caller at a time.
/// Failures are <see cref="OdbcException"/>.
/// </summary>
internal abstract class DriverConnection : IAsyncDisposable
{
    /// <summary>The kind and version of the server, from its greeting: no statement is sent.</summary>
    public (string Name, string Version) Server { get; protected init; }

    /// <summary>Runs a statement that returns nothing of interest. Takes ownership of the text.</summary>
    public abstract Task ExecuteAsync(SensitiveText statement, CancellationToken cancellationToken);

    /// <summary>
    /// Runs a query without secrets and returns its first row, null where the row or a value is. At most 1 Mi characters.
    /// </summary>
    public abstract Task<List<string?>?> QueryRowAsync(string statement, CancellationToken cancellationToken);

    /// <summary>
    /// Runs a query without secrets and returns all its rows. <see cref="FailureCause.Other"/> when they are more than
    /// <paramref name="rowsMax"/>, or more than 32 Mi characters: a hostile server must not fill the memory.
    /// </summary>
    public abstract Task<List<List<string?>>> QueryRowsAsync(string statement, int rowsMax, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}
