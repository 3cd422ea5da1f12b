using Rekey.Aws;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.SqlServer;

/// <summary>
/// A superuser's connection to SQL Server. Where the base is a login, its clone is a login with users in the same databases; where the
/// connected database keeps the base's password (containment), the clone is a user of that database.
/// </summary>
internal sealed class SqlServerAdministrator(SqlSession session, DatabaseCredentials superuser, SqlServerIdentity identity)
    : SqlAdministrator(session, superuser, identity.Text)
{
    private readonly SqlServerCatalogue _catalogue = new(session);

    public override async Task DemandRotatableAsync(string username, CancellationToken cancellationToken)
    {
        if (SqlServerReserved.Contains(username) || username.Equals(Superuser.Username, StringComparison.OrdinalIgnoreCase))
            throw Refused($"The account {username} is the server's own, or the superuser itself, and is not rotated");
        var name = SqlServerText.Literal(username);
        var row = await Session.QueryRowAsync(
            "SELECT p.principal_id, IS_SRVROLEMEMBER(N'sysadmin', p.name), IS_SRVROLEMEMBER(N'securityadmin', p.name), (SELECT COUNT(*) "
                + "FROM sys.server_permissions AS g WHERE g.grantee_principal_id = p.principal_id AND g.state IN ('G', 'W') "
                + $"AND g.permission_name = N'CONTROL SERVER') FROM sys.server_principals AS p WHERE p.name = {name}",
            cancellationToken);
        if (row is null) return;
        if (row[0] == "1" || row[1] == "1" || row[2] == "1" || row[3] is not ("0" or null))
            throw Refused($"The login {username} administers the server (sysadmin, securityadmin or CONTROL SERVER), and is not rotated");
    }

    public override async Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken)
    {
        if (await _catalogue.FindLoginAsync(pair.Base, cancellationToken) is not { } login)
        {
            await CreateContainedAsync(pair.Twin, cancellationToken);
            return;
        }
        if (await _catalogue.FindLoginAsync(pair.Twin, cancellationToken) is not null) return;
        await InTransactionAsync(
            async stop =>
            {
                using var nobodys = ThrowawayPassword();
                await Session.ExecuteAsync(CreateLogin(pair.Twin, login, text => text.AppendLiteral(nobodys)), stop);
                await Session.ExecuteAsync(Disable(pair.Twin), stop);
            },
            cancellationToken);
    }

    public override Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken) =>
        InTransactionAsync(
            async stop =>
            {
                foreach (var change in changes) await ApplyAsync(change, stop);
            },
            cancellationToken);

    public override async Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken)
    {
        var isContained = await IsContainedAsync(username, cancellationToken);
        await SqlServerPasswords.SetAsync(Session, username, isContained, password, cancellationToken);
        FaultPoint.Reach("activate.after-password");
        var name = SqlServerText.Name(username);
        await Session.ExecuteAsync(
            isContained ? InDatabase($"GRANT CONNECT TO {name}") : $"ALTER LOGIN {name} ENABLE", cancellationToken);
    }

    public override IAccountPasswords PasswordsOf(string username)
    {
        return new OnePassword(SetAsync, $"{SqlServerPasswords.Alter(username, identity.IsContained)}'***' UNLOCK");

        async Task SetAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken)
        {
            var isContained = await IsContainedAsync(username, cancellationToken);
            await SqlServerPasswords.SetAsync(Session, username, isContained, wanted, cancellationToken);
        }
    }

    public override async Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken) =>
        SqlServerPasswords.Rules((await _catalogue.FindLoginAsync(username, cancellationToken))?.IsPolicyChecked ?? true);

    public override Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        Task.FromResult(identity.IsSameSystem(otherIdentity));

    protected override async Task<IReadOnlyList<Right>?> ReadRightsAsync(string username, CancellationToken cancellationToken)
    {
        if (await _catalogue.FindLoginAsync(username, cancellationToken) is { } login)
        {
            try
            {
                return await _catalogue.ReadLoginAsync(username, login, cancellationToken);
            }
            finally
            {
                await Session.ExecuteAsync($"USE {SqlServerText.Name(identity.Database)}", cancellationToken);
            }
        }
        if (!await _catalogue.IsContainedAsync(username, cancellationToken)) return null;
        return await _catalogue.ReadContainedAsync(username, identity.Database, cancellationToken);
    }

    protected override IReadOnlyList<Right> Address(IReadOnlyList<Right> @base, IReadOnlyList<Right> clone)
    {
        if (clone.Count > 0 && @base.Any(IsOfLogin) != clone.Any(IsOfLogin))
            throw Refused("One of the pair is a login of the server and the other a user of the database");
        var names = clone.OfType<SqlServerRight>().Where(right => right is { Database: not null, User: not null })
            .GroupBy(right => right.Database!).ToDictionary(group => group.Key, group => group.First().User);
        return [.. @base.Cast<SqlServerRight>().Select(right =>
            right with { User = right.Database is { } database ? names.GetValueOrDefault(database) : null })];

        static bool IsOfLogin(Right right) => right is LoginSetting;
    }

    protected override async Task<IReadOnlyList<string>> CreateStatementsAsync(UserPair pair, CancellationToken cancellationToken)
    {
        if (await _catalogue.FindLoginAsync(pair.Base, cancellationToken) is { } login)
        {
            using var masked = CreateLogin(pair.Twin, login, text => text.Append("'***'"));
            return [masked.Span.ToString(), Disable(pair.Twin)];
        }
        return [CreateUser(pair.Twin) + "'***'", InDatabase($"DENY CONNECT TO {SqlServerText.Name(pair.Twin)}")];
    }

    private async Task CreateContainedAsync(string username, CancellationToken cancellationToken)
    {
        if (await _catalogue.IsContainedAsync(username, cancellationToken)) return;
        await InTransactionAsync(
            async stop =>
            {
                using var nobodys = ThrowawayPassword();
                await Session.ExecuteAsync(new SensitiveText().Append(CreateUser(username)).AppendLiteral(nobodys), stop);
                await Session.ExecuteAsync(InDatabase($"DENY CONNECT TO {SqlServerText.Name(username)}"), stop);
            },
            cancellationToken);
    }

    /// <summary>The kind of account; a user of the database only where no login has the name.</summary>
    private async Task<bool> IsContainedAsync(string username, CancellationToken cancellationToken) =>
        await _catalogue.FindLoginAsync(username, cancellationToken) is null
        && await _catalogue.IsContainedAsync(username, cancellationToken);

    /// <summary>
    /// All or nothing, where the server has it so: it keeps a few statements out of transactions. Without one, each statement stands for
    /// itself, and what has been done of them is found at the next comparison.
    /// </summary>
    private async Task InTransactionAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        await Session.ExecuteAsync("BEGIN TRANSACTION", cancellationToken);
        try
        {
            await work(cancellationToken);
            await Session.ExecuteAsync("COMMIT TRANSACTION", cancellationToken);
        }
        catch (RotatorException e)
        {
            await RollBackAsync(e);
            if (!SqlServerErrors.IsTransactionRefused(e)) throw;
            await work(cancellationToken);
        }
    }

    private async Task RollBackAsync(RotatorException cause)
    {
        if (cause.Cause is FailureCause.Network or FailureCause.Timeout) return;
        try
        {
            // Not cancellable: the session must not go on within a transaction that has failed.
            await Session.ExecuteAsync("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION", CancellationToken.None);
        }
        catch (RotatorException)
        {
            // The connection is gone, and the transaction with it.
        }
    }

    private string InDatabase(string statement) => $"USE {SqlServerText.Name(identity.Database)}; {statement};";

    private static SensitiveText CreateLogin(string username, SqlServerLoginRow login, Action<SensitiveText> password)
    {
        var statement = new SensitiveText().Append($"CREATE LOGIN {SqlServerText.Name(username)} WITH PASSWORD = ");
        password(statement);
        foreach (var setting in login.Settings) statement.Append(", ").Append(setting.Text);
        return statement;
    }

    private static string CreateUser(string username) => $"CREATE USER {SqlServerText.Name(username)} WITH PASSWORD = ";

    private static string Disable(string username) => $"ALTER LOGIN {SqlServerText.Name(username)} DISABLE";

    /// <summary>Satisfies every policy, and nobody knows it: the account cannot be used before it gets its own.</summary>
    private static Sensitive ThrowawayPassword() => new PasswordPolicy { Length = 64, ExcludedCharacters = "'\"\\" }.Generate();

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
