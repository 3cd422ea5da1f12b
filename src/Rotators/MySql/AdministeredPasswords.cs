using System.Text;
using Rekey.Aws;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>
/// The passwords of another user, at all its hosts, by a superuser. It sees what the server keeps of them, so that nothing is changed
/// that is as it should be: neither a password history nor stricter rules stand in the way of what logs in already.
/// </summary>
/// <param name="read">Reads the user's accounts.</param>
internal sealed class AdministeredPasswords(
    MySqlSession session, Func<CancellationToken, Task<List<AccountRecord>>> read, string username) : IAccountPasswords
{
    private const string ReusePlugin =
        "SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'password_reuse_check' AND PLUGIN_STATUS = 'ACTIVE'";

    private MySqlServer Server => session.Server;

    public async Task<bool> CanOverlapAsync(CancellationToken cancellationToken)
    {
        if (!Server.CanOverlap) return false;
        var accounts = await read(cancellationToken);
        if (accounts.Count == 0 || accounts.Exists(account => account.HasMoreFactors)) return false;
        if (!await OwnPrivileges.HasAnyAsync(session, ["CREATE USER"], cancellationToken)) return false;
        return !Server.IsMariaDb || (await session.QueryAsync(ReusePlugin, cancellationToken))?[0] == "0";
    }

    public Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken) =>
        ChangeAsync((accounts, stop) => SetOnlyAsync(accounts, _ => null, wanted, mayLogIn: false, stop), cancellationToken);

    /// <summary>As <see cref="ReplaceAsync"/>, and lets it log in, last of all.</summary>
    /// <param name="plugin">The plugin an account is to have; null to leave it as it is.</param>
    /// <param name="password">The only password.</param>
    /// <param name="cancellationToken">Ends the wait; the change may have happened or not.</param>
    public Task ActivateAsync(Func<AccountRecord, string?> plugin, Sensitive password, CancellationToken cancellationToken) =>
        ChangeAsync(
            (accounts, stop) => SetOnlyAsync(accounts, plugin, password, mayLogIn: Server.CanLockAccounts, stop), cancellationToken);

    public Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken) => ChangeAsync(
        async (accounts, stop) =>
        {
            if (Server.IsMariaDb)
            {
                await SetAlternativesAsync(accounts, _ => null, [kept, wanted], "", stop);
                return;
            }
            foreach (var account in accounts)
            {
                if (Holds(account.Authentications[0], wanted) && Holds(account.Secondary, kept)) continue;
                await MakePrimaryAsync(account, kept, stop);
                await session.ExecuteAsync(IdentifiedBy(account, wanted).Append(" RETAIN CURRENT PASSWORD"), stop);
            }
        },
        cancellationToken);

    public Task RetireAsync(Sensitive kept, CancellationToken cancellationToken)
    {
        if (!Server.CanOverlap) return Task.CompletedTask;
        return ChangeAsync(
            async (accounts, stop) =>
            {
                if (Server.IsMariaDb)
                {
                    await SetAlternativesAsync(accounts, _ => null, [kept], "", stop);
                    return;
                }
                foreach (var account in accounts)
                {
                    await MakePrimaryAsync(account, kept, stop);
                    await session.ExecuteAsync($"ALTER USER {account.Quoted} DISCARD OLD PASSWORD", stop);
                }
            },
            cancellationToken);
    }

    public IReadOnlyList<string> Statements(PasswordChange change)
    {
        var account = $"{MySqlText.Literal(username)}@'...'";
        return (change, Server) switch
        {
            (PasswordChange.Replace, { LacksAlterUser: true }) => [$"SET PASSWORD FOR {account} = PASSWORD('***')"],
            (PasswordChange.Replace, { CanLockAccounts: false }) => [$"ALTER USER {account} IDENTIFIED BY '***'"],
            (PasswordChange.Replace, _) => [$"ALTER USER {account} IDENTIFIED BY '***' ACCOUNT UNLOCK"],
            (PasswordChange.Add, { IsMariaDb: true }) => [$"ALTER USER {account} IDENTIFIED VIA ... USING '***' OR ... USING '***'"],
            (PasswordChange.Add, _) => [$"ALTER USER {account} IDENTIFIED BY '***' RETAIN CURRENT PASSWORD"],
            (_, { IsMariaDb: true }) => [$"ALTER USER {account} IDENTIFIED VIA ... USING '***'"],
            _ => [$"ALTER USER {account} DISCARD OLD PASSWORD"],
        };
    }

    private async Task ChangeAsync(Func<List<AccountRecord>, CancellationToken, Task> change, CancellationToken cancellationToken)
    {
        var accounts = await read(cancellationToken);
        if (accounts.Count == 0)
        {
            throw new RotatorException(
                FailureCause.Precondition, $"The server has no account of {username} that logs in with a password of its own");
        }
        foreach (var account in accounts) account.DemandPasswordPlugin();
        await session.ChangeAsync(() => change(accounts, cancellationToken));
    }

    private async Task SetOnlyAsync(
        List<AccountRecord> accounts, Func<AccountRecord, string?> plugin, Sensitive wanted, bool mayLogIn,
        CancellationToken cancellationToken)
    {
        var tail = mayLogIn ? " ACCOUNT UNLOCK" : "";
        if (Server.LacksAlterUser)
        {
            foreach (var account in accounts) await session.ExecuteAsync(SetPasswordFor(account, wanted), cancellationToken);
            return;
        }
        if (Server.IsMariaDb)
        {
            await SetAlternativesAsync(accounts, plugin, [wanted], tail, cancellationToken);
            return;
        }
        foreach (var account in accounts.Where(account => account.Secondary is not null && !Holds(account.Secondary, wanted)))
            await session.ExecuteAsync($"ALTER USER {account.Quoted} DISCARD OLD PASSWORD", cancellationToken);
        foreach (var account in accounts)
        {
            var wantedPlugin = plugin(account) ?? account.Authentications[0].Plugin;
            // A password history would refuse what is there already.
            var isSet = wantedPlugin == account.Authentications[0].Plugin && Holds(account.Authentications[0], wanted);
            if (!isSet) await session.ExecuteAsync(IdentifiedBy(account, wanted, wantedPlugin).Append(tail), cancellationToken);
            else if (mayLogIn) await session.ExecuteAsync($"ALTER USER {account.Quoted}{tail}", cancellationToken);
            if (Holds(account.Secondary, wanted))
                await session.ExecuteAsync($"ALTER USER {account.Quoted} DISCARD OLD PASSWORD", cancellationToken);
        }
    }

    /// <summary>RETAIN keeps the primary password and DISCARD spares it. At no moment is either of the two refused.</summary>
    private async Task MakePrimaryAsync(AccountRecord account, Sensitive kept, CancellationToken cancellationToken)
    {
        if (Holds(account.Authentications[0], kept)) return;
        if (!Holds(account.Secondary, kept))
        {
            await session.ExecuteAsync(IdentifiedBy(account, kept), cancellationToken);
            return;
        }
        // What the server keeps of it is given back to it: no rule for passwords applies to that.
        var hash = Convert.ToHexString(Encoding.Latin1.GetBytes(account.Secondary!.Stored));
        await session.ExecuteAsync(
            new SensitiveText().Append($"ALTER USER {account.Quoted} IDENTIFIED WITH {MySqlText.Literal(account.Secondary.Plugin)} AS 0x")
                .Append(hash),
            cancellationToken);
    }

    /// <summary>MariaDB: hashes made here, unless the server's rules want to see the passwords.</summary>
    private async Task SetAlternativesAsync(
        List<AccountRecord> accounts, Func<AccountRecord, string?> plugin, Sensitive[] passwords, string tail,
        CancellationToken cancellationToken)
    {
        var asHashes = !await PolicyVariables.IsWatchedAsync(session, cancellationToken);
        foreach (var account in accounts)
        {
            var wantedPlugin = plugin(account) ?? account.DemandPasswordPlugin();
            if (asHashes && await session.TryExecuteAsync(
                Alternatives(account, wantedPlugin, passwords, asHashes: true, tail),
                [MySqlErrors.PasswordRefused, MySqlErrors.HashRefused], cancellationToken) is null)
            {
                continue;
            }
            await session.ExecuteAsync(Alternatives(account, wantedPlugin, passwords, asHashes: false, tail), cancellationToken);
        }
    }

    private static SensitiveText Alternatives(
        AccountRecord account, string plugin, Sensitive[] passwords, bool asHashes, string tail)
    {
        var statement = new SensitiveText().Append("ALTER USER ").Append(account.Quoted).Append(" IDENTIFIED");
        for (var i = 0; i < passwords.Length; i++)
        {
            statement.Append(i == 0 ? " VIA " : " OR ").Append(MySqlText.Name(plugin)).Append(" USING ");
            if (asHashes && MariaDbHash.For(plugin, passwords[i]) is { } hash)
            {
                statement.Append('\'').Append(hash).Append('\'');
                continue;
            }
            statement.Append("PASSWORD(");
            PasswordStatement.AppendLiteral(statement, passwords[i]);
            statement.Append(')');
        }
        return statement.Append(tail);
    }

    private static SensitiveText IdentifiedBy(AccountRecord account, Sensitive password, string? plugin = null)
    {
        var statement = new SensitiveText().Append("ALTER USER ").Append(account.Quoted).Append(" IDENTIFIED WITH ")
            .Append(MySqlText.Literal(plugin ?? account.Authentications[0].Plugin)).Append(" BY ");
        PasswordStatement.AppendLiteral(statement, password);
        return statement;
    }

    private static SensitiveText SetPasswordFor(AccountRecord account, Sensitive password)
    {
        var statement = new SensitiveText().Append("SET PASSWORD FOR ").Append(account.Quoted).Append(" = PASSWORD(");
        PasswordStatement.AppendLiteral(statement, password);
        return statement.Append(')');
    }

    private static bool Holds(Authentication? authentication, Sensitive password) =>
        authentication is not null && StoredHash.Matches(authentication, password) == true;
}
