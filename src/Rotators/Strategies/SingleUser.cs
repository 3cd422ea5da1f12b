using System.Runtime.CompilerServices;
using Rekey.Aws;

namespace Rekey.Rotators.Strategies;

/// <summary>
/// The single-user strategy, alike on every engine: log in, change the account's own password, prove it by a new login. Where the engine
/// can keep two passwords it does, so that Current goes on logging in until it is retired. With a superuser secret the superuser makes the
/// change, and one that nobody can make any more because no stored password logs in.
/// 1. Refuse another account than Current's. 2. Log in, with Current first, or with Pending when an earlier attempt may have set it.
/// 3. Change the password, also when Pending logged in: a server that lets anyone in must not pass for one that was changed.
/// 4. Log in anew with Pending. If that fails for more than a while, put the old password back.
/// </summary>
internal sealed class SingleUser(IDatabaseLogin engine, IDatabaseAdministration? administration, TimeProvider time) : IDatabaseRotator
{
    private readonly PendingLogin _pendingLogin = new(time);

    public bool NeedsSuperuser => false;

    public string PendingUsername(RotationSubject subject)
    {
        VersionRules.DemandPinnedUser(subject);
        return subject.Current.Username;
    }

    public async Task<PasswordRules> ReadPasswordRulesAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        // A superuser sees what the account may not; it also works while Current is refused.
        if (Administration(subject) is { } administered)
        {
            await using var administrator = await Superuser.LogInAsync(administered, subject, account: null, cancellationToken);
            return await administrator.ReadPasswordRulesAsync(subject.Current.Username, cancellationToken);
        }
        await using var session = await engine.LogInAsync(subject, subject.Current, cancellationToken);
        return await session.ReadPasswordRulesAsync(cancellationToken);
    }

    public async Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        var attempts = new LoginAttempts(engine, request);
        var (begun, kept) = await BeginAsync(request, attempts, cancellationToken);
        await using var access = begun;
        var overlaps = access.Overlaps;

        FaultPoint.Reach("setSecret.before-change");
        var changedAt = time.GetUtcNow();
        await ChangeAsync(access, request, kept, cancellationToken);
        FaultPoint.Reach("setSecret.after-change");

        try
        {
            await _pendingLogin.ProveAsync(access, request.Pending, attempts, cancellationToken);
        }
        catch (RotatorException e) when (
            !e.IsTransient && access.MayChange && !kept.FixedTimeEquals(request.Pending.Password))
        {
            throw await PutBackAsync(access, kept, request.Pending.Password, e);
        }

        var oldLogsIn = overlaps && await CanaryAsync(access, request.Current, attempts, cancellationToken);
        var pin = new PinnedTarget(access.ServerIdentity, request.Current.Host, request.Current.Port, request.Current.Username);
        return new SetSecretResult(pin, RefusedSince: oldLogsIn ? null : changedAt, MustRetire: overlaps, access.Notices);
    }

    public Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken) =>
        PinnedLogin.TestPendingAsync(engine, request, cancellationToken);

    public async Task<DateTimeOffset?> RetireAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        await using var access = await OpenCurrentAsync(subject, cancellationToken);
        FaultPoint.Reach("retire.before-change");
        await access.Passwords.RetireAsync(subject.Current.Password, cancellationToken);
        FaultPoint.Reach("retire.after-change");
        return null;
    }

    public async Task<bool> HealAsync(
        RotationSubject subject, IReadOnlyList<DatabaseCredentials> candidates, CancellationToken cancellationToken)
    {
        DemandPinned(subject);
        var attempts = new LoginAttempts(engine, subject);
        var administered = Administration(subject);
        if (administered is not null && await PinnedLogin.IsCurrentLetInAsync(attempts, subject, cancellationToken)) return false;
        var versions = administered is null
            ? VersionTurns.OfHealing(subject, candidates)
            : VersionTurns.OthersOf(subject, candidates);
        var login = await attempts.FindAsync(versions, cancellationToken);
        if (login is null && administered is null)
            throw Failures.Prefixed("No stored version of the secret logs in", attempts.LastRefusal!).Untouched();
        if (login is not null && await IsCurrentLetInTooAsync(subject, login, attempts, cancellationToken)) return false;

        await using var access = await AccountAccess.OpenAsync(administered, subject, login, cancellationToken);
        FaultPoint.Reach("heal.before-change");
        await access.Passwords.ReplaceAsync(login?.Credentials.Password, subject.Current.Password, cancellationToken);
        FaultPoint.Reach("heal.after-change");
        await using var proof = await engine.LogInAsync(subject, subject.Current, cancellationToken);
        await proof.ProbeAsync(cancellationToken);
        return true;
    }

    public async Task<IReadOnlyList<string>> CheckAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        DemandPinned(subject);
        await using var session = await PinnedLogin.LogInAsync(engine, subject, subject.Current, cancellationToken);
        await session.ProbeAsync(cancellationToken);
        return [];
    }

    public async IAsyncEnumerable<HopResult> DiagnoseAsync(
        RotationSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var hop in SuperuserDiagnosis.AccountAsync(engine, subject, cancellationToken))
        {
            yield return hop;
            if (!hop.Ok) yield break;
        }
        if (subject.Superuser is null) yield break;
        await foreach (var hop in SuperuserDiagnosis.RunAsync(engine, administration, subject, cancellationToken)) yield return hop;
    }

    public async Task<RotationPlan> PlanAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        await using var access = await OpenCurrentAsync(subject, cancellationToken);
        await access.DecideOverlapAsync(subject.Settings.Overlap, cancellationToken);
        var statements = access.Overlaps
            ? access.Passwords.Statements(PasswordChange.Add).Concat(access.Passwords.Statements(PasswordChange.Retire))
            : access.Passwords.Statements(PasswordChange.Replace);
        return new RotationPlan(subject.Current.Username, [], [.. statements]);
    }

    private static void DemandPinned(RotationSubject subject)
    {
        VersionRules.DemandPinned(subject);
        VersionRules.DemandPinnedUser(subject);
    }

    private IDatabaseAdministration? Administration(RotationSubject subject)
    {
        if (subject.Superuser is null) return null;
        return administration ?? throw Failures.Precondition("This engine's rotation does not work with a superuser secret");
    }

    /// <summary>Logs in with Current on the pinned server.</summary>
    private async Task<AccountAccess> OpenCurrentAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        DemandPinned(subject);
        var session = await PinnedLogin.LogInAsync(engine, subject, subject.Current, cancellationToken);
        return await AccountAccess.OpenAsync(
            Administration(subject), subject, new AccountLogin(session, subject.Current), cancellationToken);
    }

    /// <summary>
    /// Checks, logs in, and decides how to change, and what is to log in beside Pending, or to be put back. Whatever fails here, nothing
    /// was changed.
    /// </summary>
    private async Task<(AccountAccess Access, Sensitive Kept)> BeginAsync(
        RotationRequest request, LoginAttempts attempts, CancellationToken cancellationToken)
    {
        AccountLogin? login = null;
        try
        {
            VersionRules.Demand(request, request.Current.Username);
            VersionRules.DemandPinnedUser(request);
            login = await attempts.FindAsync(VersionTurns.OfRotation(request), cancellationToken);
            if (login is not null) await ServerRules.DemandPinnedAsync(request, login.Session, cancellationToken);
            if (login is null && Administration(request) is null)
                throw Failures.Prefixed("Unable to log into database with previous, current, or pending secret", attempts.LastRefusal!);
            // Without a login of the account's, the pin alone says that this is the account rotation was enabled for.
            if (login is null && request.Pin is null)
                throw Failures.Prefixed("Unable to log into database using current credentials", attempts.LastRefusal!);
            var access = await AccountAccess.OpenAsync(Administration(request), request, login, cancellationToken);
            login = null;
            try
            {
                await access.DecideOverlapAsync(request.Settings.Overlap, cancellationToken);
                return (access, await FindKeptAsync(request, access, attempts, cancellationToken));
            }
            catch
            {
                await access.DisposeAsync();
                throw;
            }
        }
        catch (RotatorException e)
        {
            if (login is not null) await login.DisposeAsync();
            throw e.Untouched();
        }
    }

    /// <summary>
    /// What the session logged in with, unless that is Pending itself. Before Current's password is given up for an older one, it is asked
    /// for again.
    /// </summary>
    private static async Task<Sensitive> FindKeptAsync(
        RotationRequest request, AccountAccess access, LoginAttempts attempts, CancellationToken cancellationToken)
    {
        var current = request.Current.Password;
        if (access.Login is not { } login) return current;
        if (login.Credentials == request.Pending) return access.Overlaps ? current : request.Pending.Password;
        if (login.Credentials == request.Current || !access.Overlaps) return login.Credentials.Password;
        return await PinnedLogin.IsCurrentLetInAsync(attempts, request, cancellationToken) ? current : login.Credentials.Password;
    }

    /// <summary>
    /// Whether Current logs in on the pinned server, beside the version that was let in: it is asked for again, for its refusal may have
    /// been the word of another server, while this login proves that the pinned one answers now. The login is ended unless it is needed.
    /// </summary>
    private static async Task<bool> IsCurrentLetInTooAsync(
        RotationSubject subject, AccountLogin login, LoginAttempts attempts, CancellationToken cancellationToken)
    {
        await PinnedLogin.HeldAsync(subject, login.Session, cancellationToken);
        var isLetIn = true;
        try
        {
            isLetIn = login.Credentials == subject.Current
                || await PinnedLogin.IsCurrentLetInAsync(attempts, subject, cancellationToken);
        }
        finally
        {
            if (isLetIn) await login.DisposeAsync();
        }
        return isLetIn;
    }

    private static async Task ChangeAsync(
        AccountAccess access, RotationRequest request, Sensitive kept, CancellationToken cancellationToken)
    {
        var wanted = request.Pending.Password;
        try
        {
            if (access.Overlaps) await access.Passwords.AddAsync(kept, wanted, cancellationToken);
            else await access.Passwords.ReplaceAsync(access.Login?.Credentials.Password, wanted, cancellationToken);
        }
        catch (RotatorException e) when (
            e.Cause is FailureCause.Policy or FailureCause.Privilege && access.Login?.Credentials != request.Pending)
        {
            // The server said no, and Pending does not log in: the account keeps the password it has.
            throw e.Untouched();
        }
    }

    /// <summary>Gives the account the password back with which applications log in now, and returns the failure to report.</summary>
    private static async Task<RotatorException> PutBackAsync(
        AccountAccess access, Sensitive old, Sensitive pending, RotatorException cause)
    {
        try
        {
            // Not cancellable: a stop must not come between a password that no login accepts and its removal.
            if (access.Overlaps) await access.Passwords.RetireAsync(old, CancellationToken.None);
            else await access.Passwords.ReplaceAsync(pending, old, CancellationToken.None);
            return Failures.Prefixed("The new password was set but the server refuses it; the old one was put back", cause);
        }
        catch (RotatorException e)
        {
            var text = $"The new password was set but the server refuses it; putting the old one back failed too ({e.Message})";
            return Failures.Prefixed(text, cause);
        }
    }

    /// <summary>Whether applications can still log in with AWSCURRENT: proof of the overlap, by a login of its own.</summary>
    private static async Task<bool> CanaryAsync(
        AccountAccess access, DatabaseCredentials current, LoginAttempts attempts, CancellationToken cancellationToken)
    {
        if (attempts.IsSpent) return false;
        if (await attempts.TryAsync(current, cancellationToken) is { } session)
        {
            await session.DisposeAsync();
            return true;
        }
        access.Notices.Add("Two passwords were asked for, but the server refuses AWSCURRENT's.");
        return false;
    }
}
