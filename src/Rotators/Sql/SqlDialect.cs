using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.Sql;

/// <summary>How connections of one engine are opened and its failures read.</summary>
/// <param name="connect">Opens a connection.</param>
/// <param name="classify">The meaning of a failure; true when it came while logging in.</param>
/// <param name="isTlsNotOffered">Whether a login failed because the server speaks no TLS at all.</param>
internal sealed class SqlDialect(
    SqlConnector connect, Func<OdbcException, bool, RotatorException> classify, Func<RotatorException, bool> isTlsNotOffered)
{
    /// <summary>
    /// Connects, over TLS unless the credentials ask for none, or allow none and the server offers none. Returns the route that was taken.
    /// </summary>
    public async Task<(SqlSession Session, SqlRoute Route)> OpenAsync(
        DatabaseCredentials credentials, Func<SqlRoute, SqlRoute> choose, CancellationToken cancellationToken)
    {
        var route = choose(new SqlRoute { Tls = credentials.Tls != TlsMode.Plaintext });
        try
        {
            return (await OpenAsync(credentials, route, cancellationToken), route);
        }
        catch (RotatorException e) when (credentials.Tls == TlsMode.VerifiedOrPlaintext && isTlsNotOffered(e))
        {
            route = route with { Tls = false };
            return (await OpenAsync(credentials, route, cancellationToken), route);
        }
    }

    /// <summary>Connects by this route and no other.</summary>
    public async Task<SqlSession> OpenAsync(DatabaseCredentials credentials, SqlRoute route, CancellationToken cancellationToken)
    {
        try
        {
            var session = await connect(credentials, route, cancellationToken);
            return new ClassifiedSession(session, failure => classify(failure, false));
        }
        catch (OdbcException e)
        {
            throw classify(e, true);
        }
    }
}
