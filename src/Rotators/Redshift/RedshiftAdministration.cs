using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redshift;

/// <summary>The superuser of Amazon Redshift.</summary>
internal sealed class RedshiftAdministration(RotatorOptions options) : IDatabaseAdministration
{
    public async Task<IAdministratorSession> LogInAsync(DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var (connection, name, identity) = await RedshiftLogin.OpenAsync(superuser, options, cancellationToken);
        return new RedshiftAdministrator(connection, name, identity, superuser);
    }
}
