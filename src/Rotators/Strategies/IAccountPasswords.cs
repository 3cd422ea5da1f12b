using Rekey.Aws;

namespace Rekey.Rotators.Strategies;

/// <summary>
/// The passwords of one account, changed by its own session or by a superuser's. Every method converges: it may be repeated after any
/// part of it has happened. Failures are <see cref="RotatorException"/>; Policy and Privilege mean that nothing was changed.
/// </summary>
internal interface IAccountPasswords
{
    /// <summary>True when engine, version and privileges let the account have two passwords that both log in. Changes nothing.</summary>
    Task<bool> CanOverlapAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes <paramref name="wanted"/> the account's only password, also when it is that already.
    /// </summary>
    /// <param name="present">What logs in now, for servers that want it named; null when a superuser does not know it.</param>
    /// <param name="wanted">The new password.</param>
    /// <param name="cancellationToken">Ends the wait; the change may have happened or not.</param>
    Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken);

    /// <summary>
    /// Makes <paramref name="wanted"/> and <paramref name="kept"/> the account's two passwords, whichever of them logs in now: at no moment
    /// is <paramref name="kept"/> refused that was not before. Only where <see cref="CanOverlapAsync"/> said true.
    /// </summary>
    Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken);

    /// <summary>Takes away every password but <paramref name="kept"/>, which is one of those that log in.</summary>
    Task RetireAsync(Sensitive kept, CancellationToken cancellationToken);

    /// <summary>The statements a change would send, with masked values, for people to read.</summary>
    IReadOnlyList<string> Statements(PasswordChange change);
}

internal enum PasswordChange
{
    Replace,
    Add,
    Retire,
}
