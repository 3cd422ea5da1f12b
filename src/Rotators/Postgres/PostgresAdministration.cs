using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres;

/// <summary>The superuser of PostgreSQL and Amazon Aurora PostgreSQL, versions 13 to 18: a superuser, or a role with CREATEROLE.</summary>
internal sealed class PostgresAdministration(RotatorOptions options, TimeProvider time) : IDatabaseAdministration
{
    public async Task<IAdministratorSession> LogInAsync(DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var connection = await AdministratorConnection.OpenAsync(superuser, options, time, cancellationToken);
        try
        {
            // Not outside its transactions: the owner of the database sets the search path, and makes the operators that are found there.
            var account = await connection.ReadAsync(open => PostgresAccount.ReadAsync(open, cancellationToken), cancellationToken);
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
            return new PostgresAdministrator(connection, account, options);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
