using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Simulation;

/// <summary>
/// Looks at the store and the server after every commit and every statement, and tells what must never be: V1 to V11 of the rotation
/// invariants, and P8, P9 and P11 of the test matrix.
/// </summary>
internal sealed class Prober(Simulation simulation)
{
    /// <summary>Logins of one account that one step may cause to be refused.</summary>
    private const int RefusedMax = 2;

    private static readonly TimeSpan s_othersLogIn = TimeSpan.FromHours(1);

    private readonly Dictionary<(string Username, string Value), long> _proofs = [];
    private readonly Dictionary<string, string?> _current = [];
    private readonly HashSet<string> _brokenFromOutside = [];
    private readonly HashSet<string> _worked = [];

    public Views Views { get; } = new(simulation);

    /// <summary>Rotation attempts begun, by secret.</summary>
    public Dictionary<string, int> Attempts { get; } = new(StringComparer.Ordinal);

    private SimulatedServer Server => simulation.World.Main;

    /// <summary>What applications have does not log in, and no rotation is to blame.</summary>
    public bool IsBrokenFromOutside(SimulatedSecret secret) => _brokenFromOutside.Contains(secret.Arn);

    /// <summary>Does a node's write, and sees to it that one whose lease is lost changes nothing (V5).</summary>
    public T Watched<T>(SimulatedStore store, Func<Session, T> work)
    {
        var lease = RunContext.Current?.Lease;
        var stale = lease is not null && !store.Read(session => RotationQueue.Holds(session, lease)) ? lease : null;
        var before = stale is null ? null : Fingerprint(store, stale.SecretArn);
        var result = store.Write(work);
        if (stale is not null && Fingerprint(store, stale.SecretArn) != before)
            simulation.Violate($"V5: a run of {Simulation.ShortName(stale.SecretArn)} that had lost its lease changed the store.");
        Check(isOutside: false);
        return result;
    }

    public void Started(string secretArn, DateTimeOffset now)
    {
        var row = Views.All[secretArn].Row;
        if (row is { WindowEnd: { } end } && now >= end) simulation.Violate("V9: a rotation was started after its window.");
    }

    public void Claimed(RotationInProgress claimed, DateTimeOffset now)
    {
        Attempts[claimed.SecretArn] = Attempts.GetValueOrDefault(claimed.SecretArn) + 1;
        if (claimed is { PendingMayBeLive: false, WindowEnd: { } end } && now >= end)
            simulation.Violate($"V9: an attempt of {Simulation.ShortName(claimed.SecretArn)} began outside its window.");
    }

    public void LoggedIn(SimulatedServer server, string username, string password)
    {
        if (server == Server) _proofs[(username, password)] = simulation.StepNumber;
    }

    /// <summary>P9: at most two refused logins of one account in a step, and no lock-out.</summary>
    public void Refused(SimulatedServer server, SimulatedAccount? account, string username)
    {
        if (RunContext.Current is { } context)
        {
            var refused = context.Refused[username] = context.Refused.GetValueOrDefault(username) + 1;
            if (refused > RefusedMax) simulation.Violate($"P9: {refused} logins of {username} were refused in one step.");
        }
        if (account is null || server != Server) return;
        // Whoever uses the account logs in with success in that time.
        var now = simulation.World.Clock.GetUtcNow();
        if (now - account.RefusedAt > s_othersLogIn) account.Refused = 0;
        account.RefusedAt = now;
        if (++account.Refused == SimulatedServer.LockOutAfter)
            simulation.Violate($"P9: {account.Refused} logins of {username} in a row were refused: the server locks the account.");
    }

    /// <summary>A statement took effect.</summary>
    /// <param name="context">Who sent it.</param>
    public void Changed(SimulatedServer server, Change change, RunContext? context, string text)
    {
        if (context?.SecretArn is not { } arn || simulation.World.Secrets.FirstOrDefault(secret => secret.Arn == arn) is not { } secret)
            return;
        var view = Views.All[arn];
        // The login that proves a password just set is no guess.
        if (change.Wanted is not null) context.Refused.Remove(change.Account.Name);
        if (server != Server)
        {
            if (IsPinned(arn)) simulation.Violate($"P11: {text} was sent to another server than the pinned one.");
            return;
        }
        if (change.Wanted is { } wanted && !IsStored(change.Account.Name, wanted))
            simulation.Violate($"V1: {text} gave {change.Account.Name} a password that is not stored.");
        var holds = !simulation.IsDelivering
            && (context.Task is not { } task || simulation.World.Store.Read(session => UpkeepRows.Holds(session, task)))
            && (context.Lease is null || simulation.World.Store.Read(session => RotationQueue.Holds(session, context.Lease)));
        if (!holds)
        {
            change.Account.TouchedAt = simulation.StepNumber;
            Check(isOutside: true);
            return;
        }
        CheckIntent(view, context, text);
        CheckOthers(view, change, text);
        if (secret.Mode == Mode.Alternating && change.Kind == ChangeKind.Password) CheckPair(view, change, context, text);
        Check(isOutside: false);
    }

    /// <summary>State that must hold whatever happened before.</summary>
    /// <param name="isOutside">The last change was made by humans, by the world, or by a run that has lost its lease.</param>
    public void Check(bool isOutside)
    {
        foreach (var (arn, view) in Views.All)
        {
            CheckLabels(arn, view);
            if (view.Works(Server))
            {
                _worked.Add(arn);
                _brokenFromOutside.Remove(arn);
                // Applications log in all the time.
                Server.Find(view.CurrentLogin!.Username)!.Refused = 0;
                continue;
            }
            var worked = _worked.Remove(arn);
            var fault = Fault(view);
            if (view.Secret.IsShared || WasTouched(view) || (isOutside && (worked || fault is not null))) _brokenFromOutside.Add(arn);
            if (fault is not null && !_brokenFromOutside.Contains(arn)) simulation.Violate(fault);
        }
    }

    public bool IsPinned(string secretArn) =>
        simulation.World.Store.Read(session => RotationConfigurations.Of(session, secretArn)).Pin is not null;

    /// <summary>What is wrong about a secret whose AWSCURRENT does not log in; null when a rotation is about to mend it.</summary>
    private string? Fault(SecretView view)
    {
        var secret = view.Secret;
        if (secret.HasNoGap) return $"V4: AWSCURRENT of {secret.Name} ({secret.Mode}) does not log in.";
        if (!view.IsRecoverable(Server)) return $"V2: no stored version of {secret.Name} logs in.";
        return view.Row is not { PendingMayBeLive: true } && view.Suspects.Count == 0
            ? $"P3: AWSCURRENT of {secret.Name} does not log in, and no rotation that goes on knows of it."
            : null;
    }

    private bool IsStored(string username, string password) =>
        Views.All.Values.SelectMany(view => view.Logins).Any(login => login.Username == username && login.Value == password);

    /// <summary>Somebody changed the account after it was proven that the value logs in.</summary>
    private bool WasTouched(SecretView view) =>
        view.CurrentLogin is { } login
            && Server.Find(login.Username) is var account
            && (account is null || account.TouchedAt >= _proofs.GetValueOrDefault((login.Username, login.Value), long.MaxValue));

    /// <summary>V3: one AWSCURRENT, and AWSPREVIOUS on the version that was current before.</summary>
    private void CheckLabels(string arn, SecretView view)
    {
        if (view.Current is null) simulation.Violate($"V3: {view.Secret.Name} has no AWSCURRENT.");
        if (_current.GetValueOrDefault(arn) is { } before && before != view.Current && view.Previous != before)
            simulation.Violate($"V3: AWSPREVIOUS of {view.Secret.Name} is not the version that was just replaced.");
        _current[arn] = view.Current;
    }

    /// <summary>V11: what is about to happen was written down before.</summary>
    private void CheckIntent(SecretView view, RunContext context, string text)
    {
        if (context.Lease is not { } lease) return;
        if (!HasBegunToSet(lease, DateTimeOffset.MinValue) || view.Row is not { PendingMayBeLive: true, State: RotationState.Setting })
            simulation.Violate($"V11: {text} took effect before the intent was durable.");
    }

    /// <param name="since">When the rotation came into being; by the order of events, since clocks are set back.</param>
    private bool HasBegunToSet(RotationLease lease, DateTimeOffset since) => simulation.World.Store.Read(session => session.Find(
        "SELECT 1 FROM rotation_events WHERE arn = @arn AND version_id = @version AND event = 'StepStarted' AND step = 'setSecret' "
        + "AND sequence > (SELECT COALESCE(MAX(sequence), 0) FROM rotation_events WHERE arn = @arn AND version_id = @version "
        + "AND event IN ('RotationStarted', 'RotationRedriven') AND at = @since) LIMIT 1",
        row => row.Number(0), ("arn", lease.SecretArn), ("version", lease.VersionId), ("since", since))) == 1;

    /// <summary>P8: one rotation at a time has an account under its hands.</summary>
    private void CheckOthers(SecretView view, Change change, string text)
    {
        foreach (var other in Views.All.Values)
        {
            if (other == view || other.Row is not { PendingMayBeLive: true } row || !other.Secret.Names(change.Account.Name)) continue;
            if (!HasBegunToSet(row.Lease, row.StartedAt)) continue;
            simulation.Violate($"P8: {text} for {view.Secret.Name} while {other.Secret.Name} has the same account under its hands.");
        }
    }

    /// <summary>V10 and P11: applications' user stays as it is, and a clone logs in only with its base's rights.</summary>
    private void CheckPair(SecretView view, Change change, RunContext context, string text)
    {
        var secret = view.Secret;
        // Two healings of which one has lost its lease both give it the password that AWSCURRENT has.
        var isHealed = view.CurrentLogin?.Value == change.Wanted;
        if (view.CurrentLogin?.Username == change.Account.Name && !isHealed && !IsBrokenFromOutside(secret))
            simulation.Violate($"V10: {text} changed the user that applications are on.");
        if (change.Account.Name != secret.Twin || Server.Find(secret.Username) is not { } original) return;
        if (original.TouchedAt >= context.BeganAt || change.Account.TouchedAt >= context.BeganAt) return;
        // Healing: the user that applications are on is let in again with the rights it has, for a lock-out comes before a drift.
        if (view.CurrentLogin is { } current && current.Username == change.Account.Name && current.Value == change.Wanted) return;
        if (!change.Account.Rights.SetEquals(original.Rights))
            simulation.Violate($"P11: {text} let a clone log in whose rights are not its base's.");
    }

    private static string Fingerprint(SimulatedStore store, string arn) => store.Read(session => string.Join(' ',
    [
        .. session.Query(
            "SELECT label, version_id FROM secret_labels WHERE arn = @arn ORDER BY label", row => row.Text(0) + row.Text(1), ("arn", arn)),
        .. session.Query(
            "SELECT version_id, ciphertext FROM secret_versions WHERE arn = @arn ORDER BY version_id",
            row => row.Text(0) + Convert.ToHexString(row.BytesOrNull(1) ?? []), ("arn", arn)),
        .. session.Query(
            "SELECT rotation_due_at, last_rotated_at FROM secrets WHERE arn = @arn", row => $"{row.NumberOrNull(0)} {row.NumberOrNull(1)}",
            ("arn", arn)),
        RotationRows.Find(session, arn) is { } rotation ? $"{rotation.Fence} {rotation.State} {rotation.Attempt} {rotation.NotBefore}" : "",
    ]));
}
