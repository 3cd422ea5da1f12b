using System.Runtime.CompilerServices;

namespace Rekey.Rotators.Strategies;

/// <summary>
/// The alternating-users strategy, alike on every engine: the superuser gives the user whose turn it is a new password, while
/// applications go
/// on with the other one. The clone's rights are its base's, read from the catalogue and compared at every rotation.
/// 1. Log in with Current: the secret's own credentials prove which server is meant. 2. Log in as the superuser, on that very server.
/// 3. Make the clone if there is none, so that it cannot log in. 4. Make its rights equal, and read again that they are. 5. The password
/// comes last. 6. Log in with Pending.
/// </summary>
internal sealed class AlternatingUsers(
    DatabaseEngine kind, IDatabaseLogin engine, IDatabaseAdministration administration, TimeProvider time)
    : IDatabaseRotator
{
    private readonly PendingLogin _pendingLogin = new(time);

    public bool NeedsSuperuser => true;

    public string PendingUsername(RotationSubject subject) =>
        AlternateName.Other(AlternateName.PairOf(subject, kind), subject.Current.Username);

    public async Task<PasswordRules> ReadPasswordRulesAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        await using var administrator = await LogInSuperuserAsync(subject, account: null, cancellationToken);
        return await administrator.ReadPasswordRulesAsync(PendingUsername(subject), cancellationToken);
    }

    public async Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        var attempts = new LoginAttempts(engine, request);
        var (pair, administrator, notices) = await PrepareAsync(request, attempts, cancellationToken);
        await using (administrator)
        {
            FaultPoint.Reach("setSecret.before-change");
            await ActivateAsync(administrator, request.Pending, cancellationToken);
            FaultPoint.Reach("setSecret.after-change");
            await _pendingLogin.ProveAsync(administrator.ServerIdentity, request.Pending, attempts, cancellationToken);
            var pin = new PinnedTarget(administrator.ServerIdentity, request.Current.Host, request.Current.Port, pair.Base);
            var endsSessions = request.Settings.OldSessions == OldSessions.EndAfterGrace;
            return new SetSecretResult(pin, RefusedSince: null, MustRetire: endsSessions, notices);
        }
    }

    public async Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken)
    {
        await PinnedLogin.TestPendingAsync(engine, request, cancellationToken);
        // A test of the configuration (RotateImmediately=false) runs on a copy of Current.
        var pair = AlternateName.PairOf(request, kind);
        await using var administrator = await LogInSuperuserAsync(request, account: null, cancellationToken);
        if (request.Pending.Username == request.Current.Username) return;
        if (request.Settings.GrantSync is GrantSync.Mirror or GrantSync.VerifyOnly)
            DemandEqual(await administrator.CompareAsync(pair, cancellationToken));
    }

    /// <remarks>
    /// The other user's password stays, since its turn comes again; where settings say so, the sessions that it let in are ended.
    /// </remarks>
    public async Task<DateTimeOffset?> RetireAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        if (subject.Settings.OldSessions != OldSessions.EndAfterGrace) return null;
        VersionRules.DemandPinned(subject);
        var retiring = PendingUsername(subject);
        await using var session = await PinnedLogin.LogInAsync(engine, subject, subject.Current, cancellationToken);
        await using var administrator = await LogInSuperuserAsync(subject, session, cancellationToken);
        await administrator.DemandRotatableAsync(retiring, cancellationToken);
        await administrator.EndSessionsAsync(retiring, cancellationToken);
        return null;
    }

    /// <remarks>
    /// The user that applications are on gets the password back that the secret says it has: by the superuser, since it cannot log in
    /// itself.
    /// </remarks>
    public async Task<bool> HealAsync(
        RotationSubject subject, IReadOnlyList<DatabaseCredentials> candidates, CancellationToken cancellationToken)
    {
        VersionRules.DemandPinned(subject);
        var attempts = new LoginAttempts(engine, subject);
        if (await PinnedLogin.IsCurrentLetInAsync(attempts, subject, cancellationToken)) return false;
        // Only a user that rotation was enabled for: the superuser's power must not reach further than that.
        if (subject.Pin is null) throw Failures.Prefixed("Unable to log into database using current credentials", attempts.LastRefusal!);
        var pair = AlternateName.PairOf(subject, kind);
        await using var administrator = await LogInSuperuserAsync(subject, account: null, cancellationToken);
        if (!(await administrator.CompareAsync(pair, cancellationToken)).Knows(pair, subject.Current.Username))
            throw Failures.Precondition($"The server has no user {subject.Current.Username}");
        FaultPoint.Reach("heal.before-change");
        await administrator.PasswordsOf(subject.Current.Username).ReplaceAsync(null, subject.Current.Password, cancellationToken);
        FaultPoint.Reach("heal.after-change");
        await using var proof = await engine.LogInAsync(subject, subject.Current, cancellationToken);
        await proof.ProbeAsync(cancellationToken);
        return true;
    }

    public async Task<IReadOnlyList<string>> CheckAsync(RotationSubject subject, CancellationToken cancellationToken)
    {
        VersionRules.DemandPinned(subject);
        await using var session = await PinnedLogin.LogInAsync(engine, subject, subject.Current, cancellationToken);
        await session.ProbeAsync(cancellationToken);
        if (subject.Settings.GrantSync == GrantSync.Off) return [];

        await using var administrator = await LogInSuperuserAsync(subject, session, cancellationToken);
        var comparison = await administrator.CompareAsync(AlternateName.PairOf(subject, kind), cancellationToken);
        // Before the first rotation there is no clone to differ.
        return comparison.CloneExists ? [.. comparison.Changes.Select(Describe)] : [];
    }

    public async IAsyncEnumerable<HopResult> DiagnoseAsync(
        RotationSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var hop in SuperuserDiagnosis.AccountAsync(engine, subject, cancellationToken))
        {
            yield return hop;
            if (!hop.Ok) yield break;
        }
        if (SuperuserDiagnosis.Name(subject, kind) is { } clone)
        {
            yield return clone;
            if (!clone.Ok) yield break;
        }
        await foreach (var hop in SuperuserDiagnosis.RunAsync(engine, administration, subject, cancellationToken))
        {
            yield return hop;
            if (!hop.Ok) yield break;
        }
        yield return await SuperuserDiagnosis.RightsAsync(
            () => ComparedAsync(subject, (_, pair, comparison) => (pair, comparison), cancellationToken), subject);
    }

    public Task<RotationPlan> PlanAsync(RotationSubject subject, CancellationToken cancellationToken) => ComparedAsync(
        subject,
        (administrator, pair, comparison) =>
        {
            var pending = AlternateName.Other(pair, subject.Current.Username);
            List<string> statements =
            [
                .. comparison.CreateStatements,
                .. Wanted(comparison, pair.Settings.GrantSync).Select(change => change.Statement),
                .. administrator.PasswordsOf(pending).Statements(PasswordChange.Replace),
            ];
            return new RotationPlan(pending, [.. comparison.Changes.Select(Describe)], statements);
        },
        cancellationToken);

    /// <summary>What is to be said of the pair as the server has it now; nothing is changed.</summary>
    private async Task<T> ComparedAsync<T>(
        RotationSubject subject, Func<IAdministratorSession, UserPair, PairComparison, T> tell, CancellationToken cancellationToken)
    {
        VersionRules.DemandPinned(subject);
        var pair = AlternateName.PairOf(subject, kind);
        await using var session = await PinnedLogin.LogInAsync(engine, subject, subject.Current, cancellationToken);
        await using var administrator = await LogInSuperuserAsync(subject, session, cancellationToken);
        return tell(administrator, pair, await CompareAsync(administrator, pair, subject, cancellationToken));
    }

    private static async Task ActivateAsync(
        IAdministratorSession administrator, DatabaseCredentials pending, CancellationToken cancellationToken)
    {
        try
        {
            await administrator.ActivateAsync(pending.Username, pending.Password, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause is FailureCause.Policy or FailureCause.Privilege)
        {
            // The server said no: the user keeps the password it had.
            throw e.Untouched();
        }
    }

    /// <summary>Everything before the password: whatever fails here, Pending does not log in.</summary>
    private async Task<(UserPair Pair, IAdministratorSession Administrator, List<string> Notices)> PrepareAsync(
        RotationRequest request, LoginAttempts attempts, CancellationToken cancellationToken)
    {
        IAdministratorSession? administrator = null;
        try
        {
            var pair = AlternateName.PairOf(request, kind);
            VersionRules.Demand(request, AlternateName.Other(pair, request.Current.Username));
            List<string> notices = [];
            await using (var account = await attempts.TryAsync(request.Current, cancellationToken))
            {
                if (account is null) notices.Add(CurrentRefused(request, attempts.LastRefusal!));
                else await ServerRules.DemandPinnedAsync(request, account, cancellationToken);
                administrator = await LogInSuperuserAsync(request, account, cancellationToken);
            }
            await administrator.DemandRotatableAsync(request.Pending.Username, cancellationToken);
            await EqualizeAsync(administrator, pair, request, cancellationToken);
            return (pair, administrator, notices);
        }
        catch (RotatorException e)
        {
            if (administrator is not null) await administrator.DisposeAsync();
            throw e.Untouched();
        }
        catch
        {
            if (administrator is not null) await administrator.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// A current user that the server refuses is no reason to leave applications locked out: the other user's turn mends it. But only for
    /// the
    /// server and the user that rotation was enabled for; before that, nothing but this login proves that the value aims where it should.
    /// </summary>
    private static string CurrentRefused(RotationSubject subject, RotatorException refusal)
    {
        if (subject.Pin is null) throw Failures.Prefixed("Unable to log into database using current credentials", refusal);
        return $"The server refuses AWSCURRENT ({refusal.NativeCode ?? refusal.SqlState}); the rotation puts the other user in its place.";
    }

    private static async Task EqualizeAsync(
        IAdministratorSession administrator, UserPair pair, RotationRequest request, CancellationToken cancellationToken)
    {
        var before = await CompareAsync(administrator, pair, request, cancellationToken);
        if (!before.CloneExists)
        {
            FaultPoint.Reach("setSecret.before-create");
            await administrator.CreateLockedAsync(pair, cancellationToken);
            FaultPoint.Reach("setSecret.after-create");
            before = await administrator.CompareAsync(pair, cancellationToken);
            // A new clone gets its rights whatever is done about later differences.
            await ApplyAsync(administrator, pair, before.Changes, cancellationToken);
        }
        else
        {
            if (request.Settings.GrantSync == GrantSync.VerifyOnly) DemandEqual(before);
            await ApplyAsync(administrator, pair, Wanted(before, request.Settings.GrantSync), cancellationToken);
        }
        if (request.Settings.GrantSync == GrantSync.Off) return;
        var after = await administrator.CompareAsync(pair, cancellationToken);
        DemandEqual(after with { Changes = Wanted(after, request.Settings.GrantSync) });
    }

    private static async Task ApplyAsync(
        IAdministratorSession administrator, UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0) return;
        FaultPoint.Reach("setSecret.before-rights");
        await administrator.ApplyAsync(pair, changes, cancellationToken);
        FaultPoint.Reach("setSecret.after-rights");
    }

    private static async Task<PairComparison> CompareAsync(
        IAdministratorSession administrator, UserPair pair, RotationSubject subject, CancellationToken cancellationToken)
    {
        var comparison = await administrator.CompareAsync(pair, cancellationToken);
        if (!comparison.BaseExists)
        {
            throw Failures.Precondition(
                $"The server has no user {pair.Base}. If {pair.Twin} is the applications' own user, name the pair in the secret's rotation "
                    + "settings (Users)");
        }
        // Nobody has said yet that the two belong together: rights of the user that applications are on are not changed on a name's word.
        if (subject.Pin is null && subject.Settings.Users is null && subject.Current.Username == pair.Twin) DemandEqual(comparison);
        return comparison;
    }

    private static IReadOnlyList<RightsChange> Wanted(PairComparison comparison, GrantSync sync) => sync switch
    {
        GrantSync.Mirror => comparison.Changes,
        GrantSync.AddOnly => [.. comparison.Changes.Where(change => change.Kind == RightsChangeKind.Add)],
        _ => comparison.CloneExists ? [] : comparison.Changes,
    };

    private static void DemandEqual(PairComparison comparison)
    {
        const int ShownMax = 5;
        if (comparison.Changes.Count == 0) return;
        var shown = string.Join("; ", comparison.Changes.Take(ShownMax).Select(Describe));
        var more = comparison.Changes.Count > ShownMax ? $" and {comparison.Changes.Count - ShownMax} more" : "";
        throw new RotatorException(FailureCause.Privilege, $"The clone's rights differ from its base's: {shown}{more}");
    }

    private static string Describe(RightsChange change) =>
        change.Kind == RightsChangeKind.Add ? $"clone lacks {change.Right}" : $"clone has {change.Right} too much";

    private Task<IAdministratorSession> LogInSuperuserAsync(
        RotationSubject subject, IAccountSession? account, CancellationToken cancellationToken)
    {
        if (subject.Superuser is null) throw Failures.Precondition("masterarn key is missing from secret JSON");
        return Superuser.LogInAsync(administration, subject, account, cancellationToken);
    }
}
