using Rekey.Aws;

namespace Rekey.Rotators;

/// <summary>
/// The single-user strategy, alike on every engine: log in, change the account's own password, prove it by a new login.
/// 1. Refuse another account than Current's. 2. Log in, with Current first, or with Pending when an earlier attempt may have set it.
/// 3. Change the password, also when Pending logged in: a server that lets anyone in must not pass for one that was changed.
/// 4. Log in anew with Pending. If that fails for more than a while, put the old password back.
/// </summary>
internal sealed class SingleUser(IDatabaseLogin engine, TimeProvider time) : IDatabaseRotator
{
    /// <summary>Refused logins an attempt may cause, so that no server's lock-out is reached.</summary>
    private const int RefusedLoginsMax = 2;

    /// <summary>Logins made to find the server again on which the password was changed, when several answer at one address.</summary>
    private const int VerifyingLoginsMax = 3;

    /// <summary>What a server is given to notice that a connection was closed.</summary>
    private static readonly TimeSpan ConnectionEndPause = TimeSpan.FromMilliseconds(500);

    /// <summary>What a replica is given to learn the new password.</summary>
    private static readonly TimeSpan ReplicationPause = TimeSpan.FromSeconds(1);

    public async Task SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        var login = await BeginAsync(request, cancellationToken);
        await using var session = login.Session;

        FaultPoint.Reach("setSecret.before-change");
        await ChangeAsync(login, request.Pending, cancellationToken);
        FaultPoint.Reach("setSecret.after-change");

        var refusalsLeft = RefusedLoginsMax - login.Refused;
        try
        {
            await VerifyAsync(session.ServerIdentity, request.Pending, refusalsLeft, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Unavailable)
        {
            // The account may have but one connection, and this session is it.
            await session.DisposeAsync();
            await Task.Delay(ConnectionEndPause, time, cancellationToken);
            await VerifyAsync(session.ServerIdentity, request.Pending, refusalsLeft, cancellationToken);
        }
        catch (RotatorException e) when (!e.IsTransient && login.Credentials != request.Pending)
        {
            throw await PutBackAsync(session, login.Credentials.Password, request.Pending.Password, e);
        }
    }

    public async Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await engine.LogInAsync(request.Pending, cancellationToken);
            await session.ProbeAsync(cancellationToken);
        }
        catch (RotatorException e)
        {
            throw Prefixed("Unable to log into database with pending secret", e);
        }
    }

    public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
        engine.DiagnoseAsync(current, cancellationToken);

    private sealed record Login(IAccountSession Session, DatabaseCredentials Credentials, int Refused);

    /// <summary>Checks and logs in. Whatever fails here, nothing was changed.</summary>
    private async Task<Login> BeginAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            SingleUserRules.Demand(request);
            return await LogInAsync(request, cancellationToken);
        }
        catch (RotatorException e)
        {
            throw e.Untouched();
        }
    }

    private static async Task ChangeAsync(Login login, DatabaseCredentials pending, CancellationToken cancellationToken)
    {
        try
        {
            await login.Session.ChangePasswordAsync(login.Credentials.Password, pending.Password, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause is FailureCause.Policy or FailureCause.Privilege && login.Credentials != pending)
        {
            // The server said no: the account keeps the password with which this session logged in.
            throw e.Untouched();
        }
    }

    private async Task<Login> LogInAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        List<DatabaseCredentials> candidates = request.PendingMayBeLive ? [request.Pending, request.Current] : [request.Current];
        if (SingleUserRules.MayTryPrevious(request)) candidates.Add(request.Previous!);

        RotatorException? last = null;
        var refused = 0;
        foreach (var candidate in candidates.Take(RefusedLoginsMax))
        {
            try
            {
                return new Login(await engine.LogInAsync(candidate, cancellationToken), candidate, refused);
            }
            catch (RotatorException e) when (e.Cause == FailureCause.Auth)
            {
                refused++;
                last = e;
            }
        }
        throw Prefixed("Unable to log into database with previous, current, or pending secret", last!);
    }

    /// <summary>
    /// Logs in with <paramref name="pending"/>; where several servers share the address, on the changed one if it can be met.
    /// </summary>
    private async Task VerifyAsync(
        string changedServer, DatabaseCredentials pending, int refusalsLeft, CancellationToken cancellationToken)
    {
        for (var login = 1; ; login++)
        {
            try
            {
                await using var session = await engine.LogInAsync(pending, cancellationToken);
                await session.ProbeAsync(cancellationToken);
                if (session.ServerIdentity == changedServer || login >= VerifyingLoginsMax) return;
            }
            catch (RotatorException e) when (e.Cause == FailureCause.Auth && --refusalsLeft > 0)
            {
                await Task.Delay(ReplicationPause, time, cancellationToken);
            }
        }
    }

    /// <summary>Gives the account the password back with which applications log in now, and returns the failure to report.</summary>
    private static async Task<RotatorException> PutBackAsync(
        IAccountSession session, Sensitive old, Sensitive pending, RotatorException cause)
    {
        try
        {
            // Not cancellable: a stop must not come between a password that no login accepts and its removal.
            await session.ChangePasswordAsync(pending, old, CancellationToken.None);
            return Prefixed("The new password was set but the server refuses it; the old one was put back", cause);
        }
        catch (RotatorException e)
        {
            var text = $"The new password was set but the server refuses it; putting the old one back failed too ({e.Message})";
            return Prefixed(text, cause);
        }
    }

    private static RotatorException Prefixed(string prefix, RotatorException cause) =>
        new(cause.Cause, $"{prefix}: {cause.Message}", cause.SqlState, cause.NativeCode, cause);
}
