using Rekey.Rotators;
using Rekey.Server.Rotation.Principals;

namespace Rekey.Server.Rotation.Logins;

/// <summary>One secret's ledger, for what is done with the values that are read now.</summary>
internal sealed class LoginLedger(LoginLedgers ledgers, string secretArn, string? superuserArn, DateTimeOffset readAt)
{
    private string? _superuser;

    /// <summary>True for what a human asked for and looks at: counted, and never made to wait.</summary>
    private bool IsByHand { get; init; }

    /// <summary>What the rotators are given of it.</summary>
    public LoginReport Report => new()
    {
        TakeTurnAsync = TakeTurnAsync,
        MayBeRefused = MayBeRefused,
        RefusedAsync = RefusedAsync,
        LetInAsync = LetInAsync,
        ByHand = () => new LoginLedger(ledgers, secretArn, superuserArn, readAt) { IsByHand = true }.Report,
    };

    private async Task<IDisposable> TakeTurnAsync(DatabaseCredentials superuser, CancellationToken cancellationToken)
    {
        var principal = Principal.NameOf(superuser, superuser.Username);
        _superuser = principal;
        while (ledgers.Turns.Take(principal, () => Free(principal)) is { } ended) await ended.WaitAsync(cancellationToken);
        return new Turn(ledgers.Turns, principal);
    }

    private Task RefusedAsync(DatabaseCredentials credentials)
    {
        var principal = Principal.NameOf(credentials, credentials.Username);
        return ledgers.RefusedAsync(principal, secretArn, principal == _superuser ? superuserArn : null, readAt);
    }

    private Task LetInAsync(DatabaseCredentials credentials) =>
        ledgers.LetInAsync(Principal.NameOf(credentials, credentials.Username), IsByHand ? null : secretArn);

    private bool MayBeRefused(DatabaseCredentials credentials)
    {
        var principal = Principal.NameOf(credentials, credentials.Username);
        return IsByHand || ledgers.MayBeRefused(principal, secretArn, principal == _superuser ? superuserArn : null);
    }

    private int Free(string principal) => IsByHand ? int.MaxValue : ledgers.Free(principal, secretArn, superuserArn);

    private sealed class Turn(LoginTurns turns, string principal) : IDisposable
    {
        public void Dispose() => turns.End(principal);
    }
}
