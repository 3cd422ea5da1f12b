using System.Runtime.CompilerServices;
using Rekey.Rotators.Postgres;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redshift;

/// <summary>Amazon Redshift, provisioned and serverless, by Npgsql.</summary>
internal sealed class RedshiftLogin(RotatorOptions options) : IDatabaseLogin
{
    /// <summary>The namespace is the data's own: it stays when a cluster is resized, restarted or renamed.</summary>
    private const string Identity = "SELECT current_namespace::varchar, current_user::varchar";

    async Task<IAccountSession> IDatabaseLogin.LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var (connection, name, identity) = await OpenAsync(credentials, options, cancellationToken);
        return new RedshiftSession(connection, name, identity, credentials);
    }

    public async IAsyncEnumerable<HopResult> DiagnoseAsync(
        DatabaseCredentials current, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var resolved = await Reachability.ResolveAsync(current.Host, options, cancellationToken);
        yield return resolved;
        if (!resolved.Ok) yield break;
        var connected = await Reachability.ConnectAsync(current.Host, current.Port, options, cancellationToken);
        yield return connected;
        if (!connected.Ok) yield break;
        yield return await LogInHopAsync(current, cancellationToken);
    }

    /// <summary>Opens a connection and asks who and where it is. The name is as the server folded it.</summary>
    public static async Task<(PostgresConnection Connection, string Name, string Identity)> OpenAsync(
        DatabaseCredentials credentials, RotatorOptions options, CancellationToken cancellationToken)
    {
        var connection = await PostgresConnection.OpenAsync(credentials, options, cancellationToken);
        try
        {
            var (identity, name) = await connection.QueryRowAsync(
                Identity, row => (row.GetString(0), row.GetString(1).TrimEnd()), cancellationToken);
            if (name == credentials.Username) return (connection, name, identity);
            throw new RotatorException(FailureCause.Precondition,
                $"The server took the login of user {credentials.Username} for that of {name}. Redshift folds names to lower case: write "
                    + "the user into the secret as the server has it.");
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.FromStatement(e, credentials);
        }
    }

    private async Task<HopResult> LogInHopAsync(DatabaseCredentials current, CancellationToken cancellationToken)
    {
        const string Hop = "login";
        try
        {
            var (connection, name, _) = await OpenAsync(current, options, cancellationToken);
            await using (connection)
            {
                var manner = connection.IsEncrypted ? " over verified TLS" : "";
                return new HopResult(Hop, Ok: true, $"{name} logs in{manner}; a user may change its own password");
            }
        }
        catch (RotatorException e)
        {
            return new HopResult(e.Cause == FailureCause.Tls ? "tls" : Hop, Ok: false, e.Message, "Mend what the text says.", e.Cause);
        }
    }
}
