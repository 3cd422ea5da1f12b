using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Tests.Simulation;

/// <summary>
/// V7: without faults everything comes right. First by itself; then with the least that a human can do about what a human broke.
/// </summary>
internal sealed class QuietPhase(Simulation simulation, Humans humans)
{
    private const int AttemptsMax = 4;
    private const int RestsMax = 40;
    private const int ManyTurns = 300;
    private static readonly TimeSpan s_longPause = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromHours(26);

    private World World => simulation.World;

    private Prober Prober => simulation.Prober;

    public void Run()
    {
        simulation.Calm();
        Prober.Attempts.Clear();
        simulation.Demand(() => Wait(() => Unsettled().Count == 0));
        // An account that was refused so often that it rests is tried again ever more seldom.
        for (var rest = 1; rest <= RestsMax && Unsettled().Count > 0 && IsAnAccountAtRest(); rest++)
            simulation.Demand(() => Wait(() => Unsettled().Count == 0));
        simulation.Demand(DemandUntouchedSettled);

        foreach (var secret in World.Secrets) humans.Restore(secret);
        for (var call = 1; call <= AttemptsMax; call++)
        {
            foreach (var secret in World.Secrets.Where(secret => !Prober.Views.Of(secret).Works(World.Main))) humans.Repair(secret);
            foreach (var secret in World.Secrets.Where(secret => Prober.Views.Of(secret).Row?.Cause == FailureCause.Privilege))
                humans.EqualizeRights(secret);
            if (call > 1)
            {
                foreach (var secret in World.Secrets) humans.TakePendingOff(secret);
            }
            foreach (var secret in World.Secrets) humans.Rotate(secret);
            simulation.Demand(() => Wait(() => World.Secrets.All(IsIdle)));
        }
        var end = World.Clock.GetUtcNow() + RotationSettings.Default.Grace + TimeSpan.FromMinutes(10);
        simulation.Demand(() => Wait(() => World.Clock.GetUtcNow() >= end && World.Secrets.All(IsIdle)));
        simulation.Demand(DemandAllSettled);
    }

    private void Wait(Func<bool> isOver)
    {
        var end = World.Clock.GetUtcNow() + s_patience;
        for (var turn = 0; turn < 2000 && !isOver() && World.Clock.GetUtcNow() < end; turn++)
        {
            simulation.TurnAll();
            simulation.DemandSound();
            if (isOver()) return;
            var now = World.Clock.GetUtcNow();
            if (simulation.NextMoment() is not { } next || next > end)
            {
                simulation.Advance(end - now);
                return;
            }
            var pause = next > now ? next - now : TimeSpan.FromMilliseconds(200);
            // Rotations that wait for each other's accounts look every other second, for hours.
            simulation.Advance(turn > ManyTurns && pause < s_longPause ? s_longPause : pause);
        }
    }

    private List<SimulatedSecret> Unsettled() =>
        [.. World.Secrets.Where(secret => !secret.IsShared && !Prober.IsBrokenFromOutside(secret) && !IsSettled(secret))];

    private bool IsAnAccountAtRest() => World.Store.Read(session => session.Find(
        "SELECT 1 FROM login_refusals WHERE refused >= @max LIMIT 1", row => row.Number(0),
        ("max", simulation.Options.MaxRefusedLoginsInARow))) == 1;

    private bool IsBroken(string arn) => World.Secrets.FirstOrDefault(secret => secret.Arn == arn) is { } superuser
        && Prober.IsBrokenFromOutside(superuser) && !Prober.Views.Of(superuser).Works(World.Main);

    private bool IsDeleted(string arn) =>
        World.Store.Read(session => SecretStore.FindByArn(session, arn)) is not { IsScheduledForDeletion: false };

    private bool IsSettled(SimulatedSecret secret) => IsIdle(secret) && Prober.Views.Of(secret).Works(World.Main);

    private bool IsIdle(SimulatedSecret secret) => Prober.Views.Of(secret).Row is null or { State: RotationState.Parked };

    /// <summary>Applications that no human locked out can log in, and it took a few attempts at most.</summary>
    private void DemandUntouchedSettled()
    {
        foreach (var secret in World.Secrets)
        {
            if (secret.IsShared || Prober.IsBrokenFromOutside(secret)) continue;
            // Who deletes the superuser's secret, or puts a value there that is refused, has to bring it back.
            if (secret.HasSuperuser && (IsDeleted(secret.SuperuserArn!) || IsBroken(secret.SuperuserArn!))) continue;
            var view = Prober.Views.Of(secret);
            // Nor can a value be given to the account that the server's rules refuse: whoever moved AWSCURRENT there has to store another.
            if (view.CurrentLogin?.Value.Length < World.Main.PasswordLengthMin) continue;
            if (!view.Works(World.Main))
                simulation.Violate($"V7: AWSCURRENT of {secret.Name} does not log in though the faults are over; {Told(view)}");
        }
    }

    private void DemandAllSettled()
    {
        foreach (var secret in World.Secrets.Where(secret => !secret.IsShared))
        {
            var view = Prober.Views.Of(secret);
            if (view.Row is { } row) simulation.Violate($"V7: the rotation of {secret.Name} does not end; {Told(view)}");
            if (view.Pending is not null && view.Pending != view.Current)
                simulation.Violate($"V7: AWSPENDING of {secret.Name} is left behind.");
            if (!view.Works(World.Main)) simulation.Violate($"V7: AWSCURRENT of {secret.Name} does not log in.");
            if (secret.Mode == Mode.Alternating) DemandEqualRights(secret);
            else if (!MustRetire(secret) && World.Main.Find(secret.Username)!.Passwords.Count != 1)
                simulation.Violate($"V7: an old password of {secret.Username} still logs in after the grace.");
        }
        var locks = World.Store.Read(session => session.Query("SELECT principal FROM rotation_principals", row => row.Text(0)));
        if (locks.Count > 0 && World.Secrets.All(IsIdle)) simulation.Violate($"V7: locks are left behind: {string.Join(", ", locks)}.");
    }

    private bool MustRetire(SimulatedSecret secret) =>
        World.Store.Read(session => UpkeepRows.Find(session, secret.Arn, UpkeepKind.Retire)) is { DueAt: not null };

    private void DemandEqualRights(SimulatedSecret secret)
    {
        var (original, clone) = (World.Main.Find(secret.Username), World.Main.Find(secret.Twin));
        if (original is null || clone is null) simulation.Violate($"V7: a user of the pair of {secret.Name} is missing.");
        else if (!original.Rights.SetEquals(clone.Rights)) simulation.Violate($"V7: the rights of {clone.Name} are not its base's.");
    }

    private static string Told(SecretView view) => view.Row is { } row
        ? $"{row.State}, attempt {row.Attempt}, may be live: {row.PendingMayBeLive}, {row.Cause}: {row.CauseMessage}"
        : $"no rotation, suspects: {view.Suspects.Count}";
}
