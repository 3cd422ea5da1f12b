namespace Rekey.Rotators;

/// <summary>
/// Keeps count of the logins that servers refuse, over all that is done with an account, so that no lock-out is reached: each login of
/// either strategy is reported to it, and those of a superuser, which many secrets share, ask it before.
/// </summary>
public sealed class LoginReport
{
    /// <summary>
    /// Waits until the superuser may be tried: not with more logins at a time than may be refused. Disposing ends the turn.
    /// Throws <see cref="RotatorException"/>, <see cref="FailureCause.Auth"/>, when it must not be tried now.
    /// </summary>
    public required Func<DatabaseCredentials, CancellationToken, Task<IDisposable>> TakeTurnAsync { get; init; }

    /// <summary>Whether one more login of the account may be refused before it has to rest.</summary>
    public required Func<DatabaseCredentials, bool> MayBeRefused { get; init; }

    /// <summary>The server refused these credentials.</summary>
    public required Func<DatabaseCredentials, Task> RefusedAsync { get; init; }

    /// <summary>The server let them in, which sets its own count back.</summary>
    public required Func<DatabaseCredentials, Task> LetInAsync { get; init; }

    /// <summary>The same for what a human asked for and looks at: counted, and never made to wait.</summary>
    public required Func<LoginReport> ByHand { get; init; }
}
