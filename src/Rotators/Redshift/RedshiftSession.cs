using Npgsql;
using Rekey.Aws;
using Rekey.Rotators.Postgres;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redshift;

/// <summary>A logged-in user that can change its own password.</summary>
internal sealed class RedshiftSession(PostgresConnection connection, string name, string identity, DatabaseCredentials credentials)
    : IAccountSession
{
    public string ServerIdentity => identity;

    public IAccountPasswords Passwords => new OnePassword(
        (_, wanted, stop) => RedshiftPassword.SetAsync(connection, credentials, name, wanted, stop),
        RedshiftPassword.Statement(name, "***"));

    public Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken) => Task.FromResult(RedshiftPassword.Rules);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) => Task.FromResult(false);

    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync("SELECT 1", cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.FromStatement(e, credentials);
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
