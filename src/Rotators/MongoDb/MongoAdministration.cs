using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MongoDb;

/// <summary>
/// Superusers of MongoDB. They are mostly kept in the database admin, while the accounts they administer are kept in the one their secret
/// names; a superuser kept in the latter is found too.
/// </summary>
internal sealed class MongoAdministration(MongoLogin login) : IDatabaseAdministration
{
    public async Task<IAdministratorSession> LogInAsync(DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var accounts = MongoLogin.DatabaseOf(superuser);
        var user = new MongoLoginName(superuser, await FindDatabaseAsync(superuser, accounts, cancellationToken));
        var connection = await login.OpenAsync(MongoAddress.Of(superuser), user, cancellationToken);
        MongoConnection? primary = null;
        try
        {
            primary = await login.FollowAsync(connection, user, cancellationToken);
            return new MongoAdministratorSession(primary, user, accounts, login.Options);
        }
        finally
        {
            if (primary != connection) await connection.DisposeAsync();
        }
    }

    /// <summary>Asked without a login, so that none is refused. Servers that do not answer are taken to keep superusers in admin.</summary>
    private async Task<string> FindDatabaseAsync(DatabaseCredentials superuser, string accounts, CancellationToken cancellationToken)
    {
        if (accounts == MongoLogin.DefaultDatabase) return accounts;
        await using var connection = await MongoConnection.OpenAsync(
            MongoAddress.Of(superuser), superuser.Tls, login.Options, cancellationToken);
        foreach (var database in (string[])[MongoLogin.DefaultDatabase, accounts])
        {
            var hello = await connection.GreetAsync(new MongoLoginName(superuser, database).FullName, cancellationToken);
            if (hello.Mechanisms is { Count: > 0 }) return database;
        }
        return MongoLogin.DefaultDatabase;
    }
}
