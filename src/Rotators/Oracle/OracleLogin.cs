using Rekey.Rotators.Sql;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Oracle;

/// <summary>How Oracle is logged in to, by accounts and by superusers.</summary>
internal sealed class OracleLogin(RotatorOptions options, SqlConnector connect) : IDatabaseLogin, IDatabaseAdministration
{
    private const string Probe = "SELECT SYSDATE FROM dual";

    private readonly SqlDialect _dialect = new(connect, OracleErrors.Classify, OracleErrors.IsTlsNotOffered);

    public OracleLogin(RotatorOptions options)
        : this(options, new OracleDriver(options).ConnectAsync)
    {
    }

    public async Task<IAccountSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var (session, identity) = await OpenAsync(credentials, cancellationToken);
        var passwords = new OraclePasswords(
            session, OracleText.Catalogued(credentials.Username), credentials.Password, options.Notice);
        return new SqlAccountSession(session, identity.Text, passwords, Probe, ReadRulesAsync, _ => false);

        async Task<PasswordRules> ReadRulesAsync(CancellationToken stop) => OracleProfile.Rules(
            await OracleProfile.ReadAsync(session, username: null, "PASSWORD_VERIFY_FUNCTION", stop), identity.Version);
    }

    async Task<IAdministratorSession> IDatabaseAdministration.LogInAsync(
        DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var (session, identity) = await OpenAsync(superuser, cancellationToken);
        return new OracleAdministrator(session, superuser, identity, options.Notice);
    }

    public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
        new SqlDiagnosis(options, current, stop => LogInAsync(current, stop), DescribeTlsAsync, CheckPrivilegesAsync)
            .RunAsync(cancellationToken);

    /// <summary>
    /// The name in dbname is a service's; where the listener knows none of it, an instance's (SID). No password is sent before that.
    /// </summary>
    private async Task<(SqlSession Session, OracleIdentity Identity)> OpenAsync(
        DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        SqlSession session;
        try
        {
            (session, _) = await _dialect.OpenAsync(credentials, route => route, cancellationToken);
        }
        catch (RotatorException e) when (OracleErrors.IsServiceUnknown(e))
        {
            (session, _) = await _dialect.OpenAsync(credentials, route => route with { IsInstance = true }, cancellationToken);
        }
        try
        {
            return (session, await OracleIdentity.ReadAsync(session, credentials.Username, cancellationToken));
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    private static async Task<string> DescribeTlsAsync(IAccountSession session, CancellationToken cancellationToken)
    {
        var row = await ((SqlAccountSession)session).Session.QueryRowAsync(
            "SELECT SYS_CONTEXT('USERENV', 'NETWORK_PROTOCOL') FROM dual", cancellationToken);
        return row?[0] is "tcps" ? "TLS (tcps), certificate and name verified" : "not used: ssl is false in the secret";
    }

    private static async Task<HopResult> CheckPrivilegesAsync(IAccountSession session, CancellationToken cancellationToken)
    {
        const string Hop = "privileges";
        var row = await ((SqlAccountSession)session).Session.QueryRowAsync(
            "SELECT SYS_CONTEXT('USERENV', 'DATABASE_ROLE') FROM dual", cancellationToken);
        if (row?[0]?.Contains("STANDBY", StringComparison.OrdinalIgnoreCase) == true)
        {
            return new HopResult(Hop, Ok: false, "the database is a standby: accounts cannot be changed on it",
                "Put the address of the primary into the secret's host.", FailureCause.Unavailable);
        }
        var overlaps = await session.Passwords.CanOverlapAsync(cancellationToken);
        return new HopResult(Hop, Ok: true, overlaps
            ? "an account may change its own password; its profile lets two log in for a time (PASSWORD_ROLLOVER_TIME)"
            : "an account may change its own password; its profile has no PASSWORD_ROLLOVER_TIME, so that there is a gap");
    }
}
