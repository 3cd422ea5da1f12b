using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Logins;

/// <summary>Opens the ledgers in which rotators enter their logins. The counts are the store's: they outlive a restart.</summary>
internal sealed class LoginLedgers(
    IDatabase database, IOptions<RotationOptions> options, TimeProvider time, ILogger<LoginLedgers> logger)
{
    private readonly ConcurrentDictionary<string, int> _unsaved = new(StringComparer.Ordinal);

    public LoginTurns Turns { get; } = new();

    /// <param name="secretArn">The secret whose values are about to be read.</param>
    /// <param name="superuserArn">That of the superuser that its rotation is bound to; null for none.</param>
    public LoginLedger Open(string secretArn, string? superuserArn) => new(this, secretArn, superuserArn, time.GetUtcNow());

    /// <summary>How many logins of the account may be under way now.</summary>
    /// <exception cref="RotatorException">Auth: none.</exception>
    public int Free(string principal, string secretArn, string? superuserArn)
    {
        var (refusal, allowance) = Look(principal, secretArn, superuserArn);
        if (allowance.Until is { } until) throw new RotatorException(FailureCause.Auth, LoginWait.Explain(refusal!, until));
        return allowance.Free;
    }

    /// <summary>Whether the server refused the account's last login, and no human has decided anything about it since.</summary>
    public bool WasRefused(string principal, string secretArn) =>
        Look(principal, secretArn, superuserArn: null).Allowance.Free < options.Value.MaxRefusedLoginsInARow;

    public bool MayBeRefused(string principal, string secretArn, string? superuserArn) =>
        Look(principal, secretArn, superuserArn).Allowance.Free > 0;

    public async Task RefusedAsync(string principal, string secretArn, string? superuserArn, DateTimeOffset readAt)
    {
        var times = 1 + (_unsaved.TryRemove(principal, out var before) ? before : 0);
        var isSaved = await SaveAsync(session =>
        {
            var decision = LoginRefusals.DecisionOn(session, secretArn, superuserArn);
            var refusal = LoginBudget.Refused(LoginRefusals.Find(session, principal), decision, principal, times, readAt);
            LoginRefusals.Write(session, refusal, time.GetUtcNow());
        });
        if (!isSaved) _unsaved.AddOrUpdate(principal, times, (_, count) => count + times);
    }

    /// <param name="principal">The account.</param>
    /// <param name="exceptArn">The secret whose own work is under way; null for none.</param>
    public async Task LetInAsync(string principal, string? exceptArn)
    {
        _unsaved.TryRemove(principal, out _);
        if (database.Read(session => LoginRefusals.Find(session, principal)) is null) return;
        await SaveAsync(session =>
        {
            LoginRefusals.Delete(session, principal);
            LoginWaits.LetIn(session, principal, exceptArn, time.GetUtcNow());
        });
    }

    private (LoginRefusal? Refusal, LoginAllowance Allowance) Look(string principal, string secretArn, string? superuserArn)
    {
        var (refusal, decision) = database.Read(
            session => (LoginRefusals.Find(session, principal), LoginRefusals.DecisionOn(session, secretArn, superuserArn)));
        return (refusal, LoginBudget.Of(refusal, decision, options.Value.MaxRefusedLoginsInARow, time.GetUtcNow()));
    }

    /// <summary>A store that fails here must not make a login fail that was let in.</summary>
    private async Task<bool> SaveAsync(Action<Session> work)
    {
        try
        {
            return await database.WriteAsync(
                session =>
                {
                    work(session);
                    return true;
                },
                CancellationToken.None);
        }
        catch (StorageException exception)
        {
            Log.LedgerFailed(logger, exception.GetType().Name);
            return false;
        }
    }
}
