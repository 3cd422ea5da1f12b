namespace Rekey.Rotators.Strategies;

/// <summary>The proof that a changed password logs in, by new connections.</summary>
internal sealed class PendingLogin(TimeProvider time)
{
    /// <summary>Logins made to find the server again on which the password was changed, when several answer at one address.</summary>
    private const int LoginsMax = 3;

    /// <summary>What a server is given to notice that a connection was closed.</summary>
    private static readonly TimeSpan ConnectionEndPause = TimeSpan.FromMilliseconds(500);

    /// <summary>What a replica is given to learn the new password.</summary>
    private static readonly TimeSpan ReplicationPause = TimeSpan.FromSeconds(1);

    /// <summary>Proves it while <paramref name="access"/> stays open, or without it when the account has no connection left.</summary>
    public async Task ProveAsync(
        AccountAccess access, DatabaseCredentials pending, LoginAttempts attempts, CancellationToken cancellationToken)
    {
        try
        {
            await ProveAsync(access.ServerIdentity, pending, attempts, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Unavailable && access.Login is not null)
        {
            // The account may have but one connection, and this session is it.
            var server = access.ServerIdentity;
            await access.ReleaseLoginAsync();
            await Task.Delay(ConnectionEndPause, time, cancellationToken);
            await ProveAsync(server, pending, attempts, cancellationToken);
        }
    }

    /// <summary>Logs in; where several servers share the address, on the changed one if it can be met.</summary>
    public async Task ProveAsync(
        string changedServer, DatabaseCredentials pending, LoginAttempts attempts, CancellationToken cancellationToken)
    {
        for (var login = 1; ; login++)
        {
            if (await attempts.TryAsync(pending, cancellationToken) is { } session)
            {
                await using (session)
                {
                    await session.ProbeAsync(cancellationToken);
                    if (session.ServerIdentity == changedServer || login >= LoginsMax) return;
                }
                continue;
            }
            if (attempts.IsSpent) throw attempts.LastRefusal!;
            await Task.Delay(ReplicationPause, time, cancellationToken);
        }
    }
}
