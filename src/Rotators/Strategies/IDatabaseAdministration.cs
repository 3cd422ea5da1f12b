using Rekey.Aws;

namespace Rekey.Rotators.Strategies;

/// <summary>
/// How one engine is administered by a superuser: what the strategies with a superuser secret need of an engine beyond logging in.
/// </summary>
internal interface IDatabaseAdministration
{
    /// <summary>
    /// Opens a connection of the superuser's. Throws <see cref="RotatorException"/> as <see cref="IDatabaseLogin.LogInAsync"/>.
    /// </summary>
    Task<IAdministratorSession> LogInAsync(DatabaseCredentials superuser, CancellationToken cancellationToken);
}

/// <summary>
/// An open connection of a superuser. Every change converges; names are quoted by the engine's rules wherever they appear.
/// </summary>
internal interface IAdministratorSession : IAsyncDisposable
{
    /// <inheritdoc cref="IAccountSession.ServerIdentity"/>
    string ServerIdentity { get; }

    /// <inheritdoc cref="IAccountSession.Heed"/>
    void Heed(RotationSettings settings)
    {
    }

    /// <summary>
    /// Refuses an account that no rotation may touch: the engine's own and the provider's (root, postgres, rdsadmin, sa, ...), the
    /// session's own, and any that is more powerful than an application needs to be (a superuser). <see cref="FailureCause.Precondition"/>.
    /// An account that does not exist is no failure.
    /// </summary>
    Task DemandRotatableAsync(string username, CancellationToken cancellationToken);

    /// <summary>Reads both accounts from the catalogue and tells in what the clone differs from its base. Changes nothing.</summary>
    Task<PairComparison> CompareAsync(UserPair pair, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the clone, with the attributes that can be given only then, so that it cannot log in: locked, disabled, or with a password
    /// that
    /// nobody knows. One that exists is left as it is.
    /// </summary>
    Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken);

    /// <summary>Carries out changes that <see cref="CompareAsync"/> returned; in one transaction where the engine's DDL has them.</summary>
    Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken);

    /// <summary>
    /// Gives the account this one password and lets it log in, in one statement where the engine can: the last change to a clone.
    /// </summary>
    Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken);

    /// <summary>The passwords of another account.</summary>
    IAccountPasswords PasswordsOf(string username);

    /// <summary>The server's rules for the account's password; for one that does not exist those that a new one would have.</summary>
    Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken);

    /// <inheritdoc cref="IAccountSession.IsSameSystemAsync"/>
    Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the sessions that were authenticated as this account, and no others, whatever role or user they act as now. Ones of this
    /// process's own are not spared. <see cref="FailureCause.Precondition"/> where the engine cannot.
    /// </summary>
    /// <returns>How many were told to end.</returns>
    Task<int> EndSessionsAsync(string username, CancellationToken cancellationToken) =>
        throw Failures.Precondition("Sessions of this engine cannot be ended; set oldSessions to keep");
}
