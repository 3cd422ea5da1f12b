using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redis;

/// <summary>The superuser: a user that may change others.</summary>
internal sealed class RedisAdministration(RotatorOptions options) : IDatabaseAdministration
{
    public async Task<IAdministratorSession> LogInAsync(DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var server = await RedisLogin.ConnectAsync(superuser, options, cancellationToken);
        try
        {
            var facts = await server.GetFactsAsync(cancellationToken);
            return new RedisAdministrator(server, facts, superuser, options);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
