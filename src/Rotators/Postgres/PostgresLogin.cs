using Npgsql;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres;

/// <summary>PostgreSQL and Amazon Aurora PostgreSQL, versions 10 to 18, by Npgsql.</summary>
internal sealed class PostgresLogin(RotatorOptions options, TimeProvider time) : IDatabaseLogin
{
    public RotatorOptions Options => options;

    public TimeProvider Time => time;

    async Task<IAccountSession> IDatabaseLogin.LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken) =>
        await LogInAsync(credentials, cancellationToken);

    /// <inheritdoc cref="IDatabaseLogin.LogInAsync"/>
    public async Task<PostgresSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var connection = await PostgresConnection.OpenAsync(credentials, options, cancellationToken);
        try
        {
            var account = await connection.ReadAsync(open => PostgresAccount.ReadAsync(open, cancellationToken), cancellationToken);
            if (account.Name == credentials.Username) return new PostgresSession(this, connection, account, credentials);
            // The server cuts names after 63 bytes, and a pooler may log in as somebody else.
            throw new RotatorException(FailureCause.Precondition,
                $"The server took the login of user {credentials.Username} for that of {account.Name}.");
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.FromStatement(e, credentials);
        }
    }

    public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
        new PostgresDiagnosis(this, current).RunAsync(cancellationToken);
}
