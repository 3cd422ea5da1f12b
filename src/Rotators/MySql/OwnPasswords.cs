using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>
/// The passwords of the session's own account. Of two, MySQL calls the newer one primary: RETAIN keeps the primary, whichever the
/// session logged in with, and REPLACE proves which one that is. MariaDB lets an account have two passwords by another's hand only.
/// </summary>
internal sealed class OwnPasswords(MySqlSession session) : IAccountPasswords
{
    private MySqlServer Server => session.Server;

    public async Task<bool> CanOverlapAsync(CancellationToken cancellationToken)
    {
        if (Server.IsMariaDb || !Server.CanOverlap || session.Account is null) return false;
        if (!await OwnPrivileges.HasAnyAsync(session, ["APPLICATION_PASSWORD_ADMIN", "CREATE USER"], cancellationToken)) return false;
        var plugin = await session.FindPluginAsync(cancellationToken);
        if (plugin is not ("caching_sha2_password" or "sha256_password" or "mysql_native_password")) return false;
        // Where old passwords are forbidden, it could not be made certain which of the two is the primary one.
        return !await ForbidsOldPasswordsAsync(cancellationToken);
    }

    public Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken) => session.ChangeAsync(async () =>
    {
        if (Server.IsMariaDb)
        {
            await DemandOnePasswordAsync(cancellationToken);
            await SetPasswordAsync(wanted, cancellationToken);
        }
        else if (Server.LacksAlterUser) await session.ExecuteAsync(PasswordStatement.SetPassword(wanted), cancellationToken);
        else await AlterUserAsync(present!, wanted, cancellationToken);
    });

    public Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken) => session.ChangeAsync(async () =>
    {
        var refusal = await TryAsync(wanted, present: kept, keepsPresent: true, cancellationToken);
        if (refusal == MySqlErrors.CurrentPasswordWrong)
        {
            // The primary password is another: the wanted one, after an attempt that was broken off, or one that nobody wants.
            var other = await TryAsync(wanted, present: wanted, keepsPresent: false, cancellationToken);
            if (other is null && session.LoggedInWith(kept)) return;
            var present = other is null ? wanted : null;
            Demand(await TryAsync(kept, present, keepsPresent: false, cancellationToken));
            refusal = await TryAsync(wanted, present: kept, keepsPresent: true, cancellationToken);
        }
        // The history knows the password already, and the server has just accepted it beside the other.
        if (refusal == MySqlErrors.PasswordWasUsedBefore && session.LoggedInWith(wanted)) return;
        Demand(refusal);
    });

    public Task RetireAsync(Sensitive kept, CancellationToken cancellationToken)
    {
        if (!Server.CanOverlap) return Task.CompletedTask;
        if (Server.IsMariaDb) return DemandOnePasswordAsync(cancellationToken);
        return session.ChangeAsync(async () =>
        {
            // DISCARD takes the secondary password away: the kept one must be the primary.
            var refusal = await TryAsync(kept, present: kept, keepsPresent: false, cancellationToken);
            if (refusal == MySqlErrors.CurrentPasswordWrong)
                refusal = await TryAsync(kept, present: null, keepsPresent: false, cancellationToken);
            Demand(refusal);
            await session.ExecuteAsync("ALTER USER USER() DISCARD OLD PASSWORD", cancellationToken);
        });
    }

    public IReadOnlyList<string> Statements(PasswordChange change) => change switch
    {
        PasswordChange.Replace when Server.IsMariaDb || Server.LacksAlterUser => ["SET PASSWORD = PASSWORD('***')"],
        PasswordChange.Replace => ["ALTER USER USER() IDENTIFIED BY '***'"],
        PasswordChange.Add => ["ALTER USER USER() IDENTIFIED BY '***' REPLACE '***' RETAIN CURRENT PASSWORD"],
        _ => ["ALTER USER USER() DISCARD OLD PASSWORD"],
    };

    private Task<int?> TryAsync(Sensitive wanted, Sensitive? present, bool keepsPresent, CancellationToken cancellationToken) =>
        session.TryExecuteAsync(
            PasswordStatement.AlterUser(wanted, present, keepsPresent),
            [MySqlErrors.CurrentPasswordWrong, MySqlErrors.CurrentPasswordMissing, MySqlErrors.PasswordWasUsedBefore],
            cancellationToken);

    private static void Demand(int? refusal)
    {
        if (refusal is { } code) throw MySqlErrors.Classify(new Odbc.OdbcException("HY000", code, ""));
    }

    private async Task<bool> ForbidsOldPasswordsAsync(CancellationToken cancellationToken)
    {
        var text = (await session.QueryAsync("SHOW CREATE USER CURRENT_USER()", cancellationToken))?[0] ?? "";
        var rest = text[(text.LastIndexOf('`') + 1)..];
        var defaults = await session.QueryAsync("SELECT @@GLOBAL.password_history, @@GLOBAL.password_reuse_interval", cancellationToken);
        return Forbids("PASSWORD HISTORY ", defaults?[0]) || Forbids("PASSWORD REUSE INTERVAL ", defaults?[1]);

        bool Forbids(string clause, string? whenDefault)
        {
            var at = rest.IndexOf(clause, StringComparison.Ordinal);
            if (at < 0) return true;
            var value = rest[(at + clause.Length)..];
            return value.StartsWith("DEFAULT", StringComparison.Ordinal) ? whenDefault != "0" : !value.StartsWith('0');
        }
    }

    private async Task AlterUserAsync(Sensitive present, Sensitive wanted, CancellationToken cancellationToken)
    {
        var refusal = await TryAsync(wanted, present: null, keepsPresent: false, cancellationToken);
        if (refusal == MySqlErrors.CurrentPasswordMissing)
            refusal = await TryAsync(wanted, present, keepsPresent: false, cancellationToken);
        // The history knows the password already, and the server has just accepted it.
        if (refusal != MySqlErrors.PasswordWasUsedBefore || !present.FixedTimeEquals(wanted)) Demand(refusal);
        if (!Server.CanOverlap) return;
        // A second password, which a superuser may have left, outlives the change. Most accounts may not take it away.
        await session.TryExecuteAsync(
            new Odbc.SensitiveText().Append("ALTER USER USER() DISCARD OLD PASSWORD"), [MySqlErrors.PrivilegeMissing], cancellationToken);
    }

    /// <summary>
    /// MariaDB's SET PASSWORD changes the first of two passwords only, and the other one, of an overlap that a superuser began, would go
    /// on logging in unseen.
    /// </summary>
    private async Task DemandOnePasswordAsync(CancellationToken cancellationToken)
    {
        if (session.Account is null || !Server.CanOverlap) return;
        var shown = (await session.QueryAsync("SHOW CREATE USER CURRENT_USER()", cancellationToken))?[0];
        if (shown is null || !MySqlAccount.HasSeveralPasswords(shown)) return;
        throw new RotatorException(
            FailureCause.Privilege,
            "The account has two passwords, of which it can take none away itself: rotate with the superuser secret (masterarn) that "
                + "gave it the second one, or remove that by ALTER USER");
    }

    /// <summary>A hash, unless the server's password rules want to see the password itself.</summary>
    private async Task SetPasswordAsync(Sensitive wanted, CancellationToken cancellationToken)
    {
        if (await session.FindPluginAsync(cancellationToken) is { } plugin
            && MariaDbHash.For(plugin, wanted) is { } hash
            && !await PolicyVariables.IsWatchedAsync(session, cancellationToken)
            && await session.TryExecuteAsync(
                PasswordStatement.SetHash(hash), [MySqlErrors.PasswordRefused, MySqlErrors.HashRefused], cancellationToken) is null)
        {
            return;
        }
        await session.ExecuteAsync(PasswordStatement.SetPassword(wanted), cancellationToken);
    }
}
