namespace Rekey.Rotators;

/// <summary>How one engine is logged in to: what a strategy needs to know of it.</summary>
internal interface IDatabaseLogin
{
    /// <summary>
    /// Opens a new connection with just these credentials and makes sure that the server took it for the account they name, and not for
    /// an anonymous one. Throws <see cref="RotatorException"/>; <see cref="FailureCause.Auth"/> only when the server refused the login.
    /// </summary>
    Task<IAccountSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken);

    /// <inheritdoc cref="IDatabaseRotator.DiagnoseAsync"/>
    IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken);
}

/// <summary>An open connection of the account whose password rotates.</summary>
internal interface IAccountSession : IAsyncDisposable
{
    /// <summary>Tells this server apart from others that answer at the same address: a replica, another member of a cluster.</summary>
    string ServerIdentity { get; }

    /// <summary>
    /// Makes <paramref name="wanted"/> the account's password. <paramref name="present"/> is the one this session logged in with. Setting
    /// the password that the account already has is no failure.
    /// </summary>
    Task ChangePasswordAsync(Aws.Sensitive present, Aws.Sensitive wanted, CancellationToken cancellationToken);

    /// <summary>Runs a query that needs no privilege.</summary>
    Task ProbeAsync(CancellationToken cancellationToken);
}
