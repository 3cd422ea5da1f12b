using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.Sql;

/// <summary>A session over an ODBC driver.</summary>
internal sealed class OdbcSession(OdbcConnection connection) : SqlSession
{
    /// <summary>Most rows of one answer: ten times the rights of the largest accounts.</summary>
    private const int RowsMax = 200_000;

    /// <summary>Connects within the operator's time limits. Takes ownership of the text.</summary>
    public static async Task<SqlSession> OpenAsync(
        OdbcConnectionString text, RotatorOptions options, CancellationToken cancellationToken)
    {
        var limits = new OdbcTimeLimits(options.ConnectTimeout, options.CommandTimeout);
        return new OdbcSession(await OdbcConnection.OpenAsync(text, limits, cancellationToken));
    }

    public override Task ExecuteAsync(SensitiveText statement, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(statement, cancellationToken);

    public override async Task<IReadOnlyList<IReadOnlyList<string?>>> QueryAsync(
        string statement, CancellationToken cancellationToken) =>
        await connection.QueryRowsAsync(statement, RowsMax, cancellationToken);

    public override ValueTask DisposeAsync() => connection.DisposeAsync();
}
