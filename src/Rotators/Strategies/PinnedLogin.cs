namespace Rekey.Rotators.Strategies;

/// <summary>
/// Logins of a secret's own user that count only on the pinned server: another server's word proves nothing about this one's.
/// </summary>
internal static class PinnedLogin
{
    /// <summary>Logs in, on the pinned server.</summary>
    public static async Task<IAccountSession> LogInAsync(
        IDatabaseLogin engine, RotationSubject subject, DatabaseCredentials credentials, CancellationToken cancellationToken) =>
        await HeldAsync(subject, await engine.LogInAsync(subject, credentials, cancellationToken), cancellationToken);

    /// <summary>The session, which is ended when it is another server's.</summary>
    public static async Task<IAccountSession> HeldAsync(
        RotationSubject subject, IAccountSession session, CancellationToken cancellationToken)
    {
        try
        {
            await ServerRules.DemandPinnedAsync(subject, session, cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether Current logs in, of an attempt whose refused logins are counted.</summary>
    public static async Task<bool> IsCurrentLetInAsync(
        LoginAttempts attempts, RotationSubject subject, CancellationToken cancellationToken)
    {
        if (await attempts.TryAsync(subject.Current, cancellationToken) is not { } session) return false;
        await using (await HeldAsync(subject, session, cancellationToken)) return true;
    }

    /// <summary>The login of testSecret, and a query that needs no privilege. Text: AWS's templates.</summary>
    public static async Task TestPendingAsync(IDatabaseLogin engine, RotationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await LogInAsync(engine, request, request.Pending, cancellationToken);
            await session.ProbeAsync(cancellationToken);
        }
        catch (RotatorException e)
        {
            throw Failures.Prefixed("Unable to log into database with pending secret", e);
        }
    }
}
