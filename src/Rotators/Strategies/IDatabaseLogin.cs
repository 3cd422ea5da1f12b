namespace Rekey.Rotators.Strategies;

/// <summary>How one engine is logged in to as the account whose password rotates: what every strategy needs to know of an engine.</summary>
internal interface IDatabaseLogin
{
    /// <summary>
    /// Opens a new connection with just these credentials and makes sure that the server took it for the account they name, and not for
    /// an anonymous one. Throws <see cref="RotatorException"/>; <see cref="FailureCause.Auth"/> only when the server refused the login.
    /// </summary>
    Task<IAccountSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken);

    /// <summary>
    /// Walks to the server with these credentials: resolve, connect, tls, login, privileges. Stops at the first that fails.
    /// </summary>
    IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken);
}

/// <summary>An open connection of the account whose password rotates.</summary>
internal interface IAccountSession : IAsyncDisposable
{
    /// <summary>Tells this server apart from others that answer at the same address: a replica, another member of a cluster.</summary>
    string ServerIdentity { get; }

    /// <summary>
    /// Tells how the secret is rotated, before a password is changed, to engines that have more than one way of changing it.
    /// </summary>
    void Heed(RotationSettings settings)
    {
    }

    /// <summary>The account's own passwords, changed by itself.</summary>
    IAccountPasswords Passwords { get; }

    /// <summary>The server's rules for this account's password, as far as it may read them.</summary>
    Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken);

    /// <summary>Whether the identity is that of a replica which follows this server, or which it follows or took over from.</summary>
    Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken);

    /// <summary>Runs a query that needs no privilege.</summary>
    Task ProbeAsync(CancellationToken cancellationToken);
}
