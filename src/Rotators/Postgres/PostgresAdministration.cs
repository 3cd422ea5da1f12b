using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres;

/// <summary>The superuser of PostgreSQL and Amazon Aurora PostgreSQL, versions 13 to 18: a superuser, or a role with CREATEROLE.</summary>
internal sealed class PostgresAdministration(RotatorOptions options, TimeProvider time) : IDatabaseAdministration
{
    public async Task<IAdministratorSession> LogInAsync(DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var connection = await PostgresConnection.OpenAsync(superuser, options, cancellationToken);
        try
        {
            var account = await PostgresAccount.ReadAsync(connection, cancellationToken);
            if (account.Name != superuser.Username)
            {
                throw new RotatorException(FailureCause.Precondition,
                    $"The server took the login of user {superuser.Username} for that of {account.Name}.");
            }
            if (account.IsReplica)
            {
                throw new RotatorException(FailureCause.Unavailable,
                    $"{superuser.Host}:{superuser.Port} is a read-only replica. Put the primary's name into the superuser secret's host.");
            }
            return new PostgresAdministrator(new AdministratorConnection(connection, superuser, options, time), account, options);
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.FromStatement(e, superuser);
        }
    }
}
