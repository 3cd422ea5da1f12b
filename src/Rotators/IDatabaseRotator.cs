namespace Rekey.Rotators;

/// <summary>
/// One strategy on one engine. Every method may be repeated any number of times: it converges on the wanted state, it does not "do once".
/// A failure is a <see cref="RotatorException"/> whose text holds no secret. An attempt makes at most two failing logins.
/// </summary>
public interface IDatabaseRotator
{
    /// <summary>True when the strategy cannot work without a superuser secret.</summary>
    bool NeedsSuperuser { get; }

    /// <summary>
    /// The user whose password the next version is for: Current's own, or the other one of its pair. Pure.
    /// <see cref="FailureCause.Precondition"/> when the engine knows no such name.
    /// </summary>
    string PendingUsername(RotationSubject subject);

    /// <summary>Asks the server what it demands of the next password. Logs in; changes nothing.</summary>
    Task<PasswordRules> ReadPasswordRulesAsync(RotationSubject subject, CancellationToken cancellationToken);

    /// <summary>
    /// Makes <see cref="RotationRequest.Pending"/> log in. Verifies Current before changing anything; refuses another user, host, port or
    /// server than the pinned one.
    /// </summary>
    Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken);

    /// <summary>Logs in with Pending on a new connection, runs a trivial query, and demands that its rights are the base's.</summary>
    Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken);

    /// <summary>Takes away every credential of the account but Current, after the grace. Proves first that Current logs in.</summary>
    /// <returns>When to call it again, UTC; null when nothing is left to be taken away.</returns>
    Task<DateTimeOffset?> RetireAsync(RotationSubject subject, CancellationToken cancellationToken);

    /// <summary>
    /// Makes Current log in again when one of <paramref name="candidates"/>, or the superuser, still does. At most two refused logins.
    /// </summary>
    /// <returns>False when nothing had to be done.</returns>
    Task<bool> HealAsync(RotationSubject subject, IReadOnlyList<DatabaseCredentials> candidates, CancellationToken cancellationToken);

    /// <summary>Proves that Current logs in, on the pinned server, and returns in what its pair differs; empty when all is well.</summary>
    Task<IReadOnlyList<string>> CheckAsync(RotationSubject subject, CancellationToken cancellationToken);

    /// <summary>Checks, without changing anything, each hop a rotation would take. Stops at the first that fails.</summary>
    IAsyncEnumerable<HopResult> DiagnoseAsync(RotationSubject subject, CancellationToken cancellationToken);

    /// <summary>What a rotation would do now. Logs in; changes nothing.</summary>
    Task<RotationPlan> PlanAsync(RotationSubject subject, CancellationToken cancellationToken);
}

/// <summary>One hop of a diagnosis.</summary>
/// <param name="Hop">Name of the hop: resolve, connect, tls, login, privileges, superuser, server, clone, rights, password-rules.</param>
/// <param name="Detail">What was seen, free of secrets.</param>
/// <param name="Remedy">What to do, when it failed.</param>
public sealed record HopResult(string Hop, bool Ok, string Detail, string? Remedy = null, FailureCause? Cause = null);
