using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>How a superuser administers MySQL and MariaDB.</summary>
internal sealed class MySqlAdministration(RotatorOptions options) : IDatabaseAdministration
{
    private readonly MySqlLogin _login = new(options);

    public async Task<IAdministratorSession> LogInAsync(DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var session = await _login.OpenAsync(superuser, cancellationToken);
        if (session.Account is not null) return new MySqlAdministrator(session);
        await session.DisposeAsync();
        throw new RotatorException(FailureCause.Precondition, "The superuser's own password has expired");
    }
}
