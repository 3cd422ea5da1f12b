using System.Globalization;
using Rekey.Aws;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Oracle;

/// <summary>
/// The passwords of one account. Where its profile has a PASSWORD_ROLLOVER_TIME, a change begins a time in which the password from before
/// and the newest one log in; a further change in that time puts another in the newest one's place. What ends it leaves the newest alone.
/// </summary>
/// <param name="session">A session of the account's own, or of a superuser.</param>
/// <param name="name">The account, as the catalogue has it.</param>
/// <param name="own">What the account's own session logged in with; null for a superuser, who need not name the present password.</param>
internal sealed class OraclePasswords(SqlSession session, string name, Sensitive? own, Action<string>? notice) : IAccountPasswords
{
    /// <summary>The newest password, when this object set it.</summary>
    private Sensitive? _newest;

    private string Alter => $"ALTER USER {OracleText.Name(name)}";

    public async Task<bool> CanOverlapAsync(CancellationToken cancellationToken) =>
        await OracleProfile.ReadAsync(session, own is null ? name : null, "PASSWORD_ROLLOVER_TIME", cancellationToken) is { } days
        && decimal.TryParse(days.Replace(',', '.'), NumberStyles.Number, CultureInfo.InvariantCulture, out var parsed) && parsed > 0;

    public async Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken)
    {
        var status = await ReadStatusAsync(cancellationToken);
        // A lock that failed logins have brought about ends with the password that was tried; one that somebody has set does not.
        var unlock = own is null && status.Contains("LOCKED(TIMED)", StringComparison.Ordinal) ? " ACCOUNT UNLOCK" : "";
        try
        {
            await SetAsync(wanted, present, unlock, cancellationToken);
        }
        catch (RotatorException e) when (
            e.NativeCode == OracleErrors.PasswordWasUsedBefore && (present ?? own)?.FixedTimeEquals(wanted) == true)
        {
            // The history knows it already, and the server has just accepted it: it is what an earlier attempt set.
        }
        FaultPoint.Reach("password.before-end-of-rollover");
        await EndRolloverAsync(cancellationToken);
    }

    public async Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken)
    {
        var isInRollover = IsRollover(await ReadStatusAsync(cancellationToken));
        if (!isInRollover && own?.FixedTimeEquals(wanted) == true)
        {
            // Only the wanted one logs in: the kept one comes to its side.
            await SetAsync(kept, wanted, "", cancellationToken);
            return;
        }
        if (isInRollover || own is null)
        {
            // Which of the two is the newest cannot be asked. Once the kept one is, ending the rollover cannot take it away.
            if (await TrySetAgainAsync(kept, mustSucceed: isInRollover, cancellationToken)) await EndRolloverAsync(cancellationToken);
        }
        await SetAsync(wanted, kept, "", cancellationToken);
        _newest = wanted;
    }

    public async Task RetireAsync(Sensitive kept, CancellationToken cancellationToken)
    {
        if (!IsRollover(await ReadStatusAsync(cancellationToken))) return;
        if (_newest is not null && !_newest.FixedTimeEquals(kept))
        {
            await SetAsync(kept, own ?? kept, "", cancellationToken);
        }
        else if (!await TrySetAgainAsync(kept, mustSucceed: false, cancellationToken))
        {
            notice?.Invoke($"Oracle account {name}: the profile does not let a password be set again, so that the rollover cannot be ended "
                + "early without risk; the old password is refused when PASSWORD_ROLLOVER_TIME is over");
            return;
        }
        await EndRolloverAsync(cancellationToken);
    }

    public IReadOnlyList<string> Statements(PasswordChange change)
    {
        var set = $"{Alter} IDENTIFIED BY \"***\"{(own is null ? "" : " REPLACE \"***\"")}";
        return change == PasswordChange.Retire ? [set, $"{Alter} EXPIRE PASSWORD ROLLOVER PERIOD"] : [set];
    }

    /// <summary>Sets a password that may be one of the account's already. False when the profile's rules forbid that.</summary>
    private async Task<bool> TrySetAgainAsync(Sensitive kept, bool mustSucceed, CancellationToken cancellationToken)
    {
        try
        {
            await SetAsync(kept, own, "", cancellationToken);
            return true;
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Policy)
        {
            if (!mustSucceed) return false;
            throw new RotatorException(
                e.Cause,
                "The account has two passwords already, and its profile does not let one be set again to tell them apart: rotate when "
                    + "PASSWORD_ROLLOVER_TIME is over, or bind a superuser",
                e.SqlState, e.NativeCode, e);
        }
    }

    private async Task SetAsync(Sensitive wanted, Sensitive? present, string suffix, CancellationToken cancellationToken)
    {
        var statement = new SensitiveText().Append(Alter).Append(" IDENTIFIED BY ").AppendPassword(wanted);
        // Verify functions that compare old and new, and accounts without ALTER USER, want the present password named.
        if (own is not null) statement.Append(" REPLACE ").AppendPassword(present ?? own);
        await session.ExecuteAsync(statement.Append(suffix), cancellationToken);
    }

    private async Task EndRolloverAsync(CancellationToken cancellationToken)
    {
        if (IsRollover(await ReadStatusAsync(cancellationToken)))
            await session.ExecuteAsync($"{Alter} EXPIRE PASSWORD ROLLOVER PERIOD", cancellationToken);
    }

    private async Task<string> ReadStatusAsync(CancellationToken cancellationToken)
    {
        var row = await session.QueryRowAsync(
            own is null
                ? $"SELECT account_status FROM dba_users WHERE username = {OracleText.Literal(name)}"
                : "SELECT account_status FROM user_users",
            cancellationToken);
        return row?[0] ?? "";
    }

    private static bool IsRollover(string status) => status.Contains("IN ROLLOVER", StringComparison.Ordinal);
}
