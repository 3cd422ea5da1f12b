using Rekey.Aws;
using Rekey.Rotators.Sql;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.SqlServer;

/// <summary>How SQL Server is logged in to, by accounts and by superusers.</summary>
internal sealed class SqlServerLogin(RotatorOptions options, SqlConnector connect) : IDatabaseLogin, IDatabaseAdministration
{
    private const string Probe = "SELECT @@VERSION";

    private readonly SqlDialect _dialect = new(connect, SqlServerErrors.Classify, SqlServerErrors.IsTlsNotOffered);

    public SqlServerLogin(RotatorOptions options)
        : this(options, new SqlServerDriver(options).ConnectAsync)
    {
    }

    public async Task<IAccountSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var (session, identity) = await OpenAsync(credentials, cancellationToken);
        var passwords = new OnePassword(
            ChangeAsync, $"{SqlServerPasswords.Alter(credentials.Username, identity.IsContained)}'***' OLD_PASSWORD = '***'");
        return new SqlAccountSession(session, identity.Text, passwords, Probe, ReadRulesAsync, identity.IsSameSystem);

        Task ChangeAsync(Sensitive? present, Sensitive wanted, CancellationToken stop) => SqlServerPasswords.ChangeOwnAsync(
            session, credentials.Username, identity.IsContained, present ?? credentials.Password, wanted, stop);

        async Task<PasswordRules> ReadRulesAsync(CancellationToken stop)
        {
            // The policy holds for every password that a database keeps.
            if (identity.IsContained) return SqlServerPasswords.Rules(isPolicyChecked: true);
            var row = await session.QueryRowAsync(
                $"SELECT is_policy_checked FROM sys.sql_logins WHERE name = {SqlServerText.Literal(credentials.Username)}", stop);
            return SqlServerPasswords.Rules(row?[0] is not ("0" or "False"));
        }
    }

    async Task<IAdministratorSession> IDatabaseAdministration.LogInAsync(
        DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var (session, identity) = await OpenAsync(superuser, cancellationToken);
        return new SqlServerAdministrator(session, superuser, identity);
    }

    public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
        new SqlDiagnosis(options, current, stop => LogInAsync(current, stop), DescribeTlsAsync, CheckPrivilegesAsync)
            .RunAsync(cancellationToken);

    private async Task<(SqlSession Session, SqlServerIdentity Identity)> OpenAsync(
        DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        var (session, _) = await _dialect.OpenAsync(credentials, route => route, cancellationToken);
        try
        {
            var milliseconds = Math.Max(1, (long)options.CommandTimeout.TotalMilliseconds);
            await session.ExecuteAsync($"SET XACT_ABORT ON; SET LOCK_TIMEOUT {milliseconds}", cancellationToken);
            return (session, await SqlServerIdentity.ReadAsync(session, credentials.Username, cancellationToken));
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
            "SELECT CONVERT(nvarchar(40), CONNECTIONPROPERTY('net_transport'))", cancellationToken);
        return $"{row?[0] ?? "TCP"}, as the secret's ssl asks for";
    }

    private static async Task<HopResult> CheckPrivilegesAsync(IAccountSession session, CancellationToken cancellationToken)
    {
        const string Hop = "privileges";
        var row = await ((SqlAccountSession)session).Session.QueryRowAsync(
            "SELECT CONVERT(nvarchar(20), DATABASEPROPERTYEX(DB_NAME(), 'Updateability'))", cancellationToken);
        return row?[0] == "READ_ONLY"
            ? new HopResult(Hop, Ok: false, "the database is read-only here: accounts cannot be changed",
                "Put the address of the writable server into the secret's host.", FailureCause.Unavailable)
            : new HopResult(Hop, Ok: true, "an account may change its own password by naming the present one");
    }
}
