using System.Text;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redis;

/// <summary>Redis from version 6 on, and Valkey.</summary>
internal sealed class RedisLogin(RotatorOptions options) : IDatabaseLogin
{
    public RotatorOptions Options => options;

    async Task<IAccountSession> IDatabaseLogin.LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken) =>
        await LogInAsync(credentials, cancellationToken);

    /// <inheritdoc cref="IDatabaseLogin.LogInAsync"/>
    public async Task<RedisSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var server = await ConnectAsync(credentials, options, cancellationToken);
        try
        {
            var whoAmI = await server.Connection.AskAsync(["ACL", "WHOAMI"], cancellationToken);
            // Without the right to ask, AUTH's own word must do: it knows no login but the one it was asked for.
            if (!whoAmI.IsError && !whoAmI.Bytes.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(credentials.Username)))
            {
                throw new RotatorException(FailureCause.Precondition,
                    $"{server.At} took the login of user {credentials.Username} for another's.");
            }
            var facts = await server.FindFactsAsync(cancellationToken);
            return new RedisSession(server, facts, credentials, options);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
        new RedisDiagnosis(this, current).RunAsync(cancellationToken);

    /// <summary>A connection to the server that the credentials name.</summary>
    public static async Task<RedisServer> ConnectAsync(
        DatabaseCredentials credentials, RotatorOptions options, CancellationToken cancellationToken) =>
        new(await RedisConnection.OpenAsync(
            new RedisEndpoint(credentials.Host, credentials.Port), credentials, credentials.Password, options, cancellationToken));
}
