namespace Rekey.Rotators;

/// <summary>
/// One strategy on one engine. Every method may be repeated any number of times: it converges on the wanted state, it does not "do once".
/// A failure is a <see cref="RotatorException"/> whose text holds no secret.
/// </summary>
public interface IDatabaseRotator
{
    /// <summary>
    /// Makes <see cref="RotationRequest.Pending"/> log in. Verifies Current before changing anything; refuses another user, host or port
    /// than Current's; makes at most two failing logins.
    /// </summary>
    Task SetSecretAsync(RotationRequest request, CancellationToken cancellationToken);

    /// <summary>Logs in with Pending on a new connection and runs a trivial query.</summary>
    Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken);

    /// <summary>Checks, without changing anything, each hop a rotation would take with Current. Stops at the first that fails.</summary>
    IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken);
}

/// <summary>The stored versions a rotation works with.</summary>
public sealed record RotationRequest
{
    public required DatabaseCredentials Current { get; init; }
    public required DatabaseCredentials Pending { get; init; }
    public DatabaseCredentials? Previous { get; init; }

    /// <summary>
    /// True when an earlier attempt may already have changed the password: Pending is probed first then, otherwise Current.
    /// </summary>
    public bool PendingMayBeLive { get; init; }
}

/// <summary>One hop of a diagnosis.</summary>
/// <param name="Hop">Name of the hop: resolve, connect, tls, login, privileges.</param>
/// <param name="Detail">What was seen, free of secrets.</param>
/// <param name="Remedy">What to do, when it failed.</param>
public sealed record HopResult(string Hop, bool Ok, string Detail, string? Remedy = null, FailureCause? Cause = null);
