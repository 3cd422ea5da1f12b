using Rekey.Aws;
using Rekey.Rotators.Sql;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Db2;

/// <summary>How Db2 is logged in to, by accounts and by superusers.</summary>
internal sealed class Db2Login(RotatorOptions options, TimeProvider time, SqlConnector connect) : IDatabaseLogin, IDatabaseAdministration
{
    private const string Probe = "SELECT CURRENT TIMESTAMP FROM sysibm.sysdummy1";

    /// <summary>Nothing that the driver says tells a server without TLS from one that hides it: there is no way back from TLS.</summary>
    private readonly SqlDialect _dialect = new(connect, Db2Errors.Classify, _ => false);

    public Db2Login(RotatorOptions options, TimeProvider time)
        : this(options, time, new Db2Driver(options).ConnectAsync)
    {
    }

    public async Task<IAccountSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var (session, identity) = await OpenAsync(credentials, cancellationToken);
        var passwords = new OnePassword(
            (present, wanted, stop) => ChangeWhileConnectingAsync(credentials, present ?? credentials.Password, wanted, stop),
            $"CONNECT USER {Db2Text.Name(credentials.Username)} USING '***' NEW '***'");
        return new SqlAccountSession(session, identity, passwords, Probe, _ => Task.FromResult(PasswordRules.None), _ => false);
    }

    async Task<IAdministratorSession> IDatabaseAdministration.LogInAsync(
        DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var (session, identity) = await OpenAsync(superuser, cancellationToken);
        return new Db2Administrator(session, superuser, identity, OpenRdsAsync);

        // The probe for RDS: only there is a database of that name.
        async Task<Db2Rds?> OpenRdsAsync(CancellationToken stop)
        {
            try
            {
                var (rds, _) = await _dialect.OpenAsync(superuser, route => route with { Database = Db2Rds.Database }, stop);
                return new Db2Rds(rds, time);
            }
            catch (RotatorException e) when (Db2Errors.IsDatabaseUnknown(e))
            {
                return null;
            }
        }
    }

    public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
        new SqlDiagnosis(options, current, stop => LogInAsync(current, stop), DescribeTlsAsync, DescribePrivilegesAsync)
            .RunAsync(cancellationToken);

    /// <summary>
    /// The account changes its password while it connects: for servers whose operating system keeps it. What a security plug-in for LDAP
    /// makes of it is the plug-in's; those that come with Db2 refuse.
    /// </summary>
    private async Task ChangeWhileConnectingAsync(
        DatabaseCredentials credentials, Sensitive present, Sensitive wanted, CancellationToken cancellationToken)
    {
        // The system refuses to change a password into itself; that it logs in has been proven by the session.
        if (present.FixedTimeEquals(wanted)) return;
        var known = new DatabaseCredentials
        {
            Engine = credentials.Engine,
            Host = credentials.Host,
            Port = credentials.Port,
            Username = credentials.Username,
            Password = present,
            DatabaseName = credentials.DatabaseName,
            Tls = credentials.Tls,
        };
        var (session, _) = await _dialect.OpenAsync(known, route => route with { Wanted = wanted }, cancellationToken);
        await session.DisposeAsync();
    }

    private async Task<(SqlSession Session, string Identity)> OpenAsync(
        DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var (session, _) = await _dialect.OpenAsync(credentials, route => route, cancellationToken);
        try
        {
            // When the catalogue was made tells databases of one name apart, and is the same on a standby.
            var row = await session.QueryRowAsync(
                "SELECT CURRENT SERVER, SESSION_USER, CHAR(create_time) FROM syscat.schemata WHERE schemaname = 'SYSCAT'",
                cancellationToken);
            if (row?[1]?.TrimEnd() != Db2Text.Catalogued(credentials.Username))
            {
                throw new RotatorException(
                    FailureCause.Precondition, $"The server took the login of {credentials.Username} for another account");
            }
            return (session, $"{row[0]?.TrimEnd()} {row[2]?.TrimEnd()}");
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    private static Task<string> DescribeTlsAsync(IAccountSession session, CancellationToken cancellationToken) =>
        Task.FromResult("as the secret's ssl asks for");

    private static Task<HopResult> DescribePrivilegesAsync(IAccountSession session, CancellationToken cancellationToken) =>
        Task.FromResult(new HopResult("privileges", Ok: true,
            "the account can change its password while connecting only where the server's operating system keeps it; on RDS a superuser "
                + "must be bound"));
}
