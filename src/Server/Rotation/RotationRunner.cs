using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Rotation.Logins;
using Rekey.Server.Rotation.Native;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// Runs one claimed rotation: writes what it is about to do, does it, writes what came of it together with the next intent.
/// The process may die between any two lines; whoever claims the row next starts at createSecret and every step converges.
/// </summary>
internal sealed class RotationRunner(
    IDatabase database, IRotationTarget target, RotationTokens tokens, VersionLimits limits, IOptions<RotationOptions> options,
    TimeProvider time, ILogger<RotationRunner> logger)
{
    /// <summary>How long a rotation waits before it asks again for an account that another one has.</summary>
    private static readonly TimeSpan s_principalPause = TimeSpan.FromSeconds(2);

    /// <summary>From -1 to 1: where each pause before another attempt lies within its tolerance.</summary>
    internal Func<double> Jitter { get; set; } = () => RandomNumberGenerator.GetInt32(-1000, 1001) / 1000.0;

    /// <param name="claimed">A rotation whose lease this node has just taken.</param>
    /// <param name="stopping">Asks to leave between two steps; a running step is let finish.</param>
    public async Task RunAsync(RotationInProgress claimed, CancellationToken stopping)
    {
        var before = claimed;
        var (rotation, effect) = RotationRun.Begin(claimed, time.GetUtcNow());
        while (effect == RotationEffect.Step)
        {
            // Once the target may be changed the rest is over in a moment: leaving now would lock applications out until the restart.
            if (stopping.IsCancellationRequested && rotation.State is RotationState.Creating or RotationState.Setting)
            {
                await ReleaseAsync(before, attemptBegan: before != claimed);
                return;
            }

            rotation = Renewed(rotation);
            if (before == claimed && !await TakePrincipalsAsync(claimed, rotation)) return;
            if (!await WriteIntentAsync(before, rotation)) return;

            var (outcome, report) = await PerformAsync(rotation, pendingMayBeLive: before.PendingMayBeLive);
            rotation = outcome.Succeeded ? RotationRun.Reported(rotation, report)
                : outcome.TargetUntouched ? rotation with { PendingMayBeLive = before.PendingMayBeLive }
                : rotation;
            before = rotation;
            (rotation, effect) = outcome.Succeeded
                ? RotationRun.Succeeded(rotation, time.GetUtcNow())
                : await FailAsync(rotation, outcome);
        }

        if (effect == RotationEffect.Settle) await SettleAsync(rotation);
        else if (effect == RotationEffect.EndTest) await EndTestAsync(rotation);
    }

    /// <summary>
    /// Has the accounts that the rotation is about for itself, or gives the rotation back for a moment: another secret's rotation, or its
    /// superuser's own, has one of them under its hands. For longer when a server refused one of them too often.
    /// </summary>
    private async Task<bool> TakePrincipalsAsync(RotationInProgress claimed, RotationInProgress begun)
    {
        var secret = database.Read(session => SecretStore.FindByArn(session, claimed.SecretArn));
        if (secret is null) return true;
        var principals = target.PrincipalsOf(secret);
        var now = time.GetUtcNow();
        var holder = await database.WriteAsync(
            session =>
            {
                if (!RotationQueue.Holds(session, claimed.Lease)) return null;
                var wait = LoginWaits.Begin(session, claimed.SecretArn, LoginWaits.RotationWork, principals, options.Value, now);
                if (wait is not null)
                {
                    Postpone(session, claimed, wait, now);
                    return claimed.SecretArn;
                }
                var other = PrincipalLocks.Take(session, claimed.SecretArn, principals, begun.LeaseUntil ?? now, now);
                if (other is not null) Postpone(session, claimed, other, now);
                return other;
            },
            CancellationToken.None);
        if (holder == claimed.SecretArn) Log.PrincipalRefused(logger, claimed.SecretArn);
        else if (holder is not null) Log.PrincipalBusy(logger, claimed.SecretArn, holder);
        return holder is null;
    }

    private static void Postpone(Session session, RotationInProgress claimed, string holder, DateTimeOffset now)
    {
        var message = $"The rotation of {holder} has the same account, or uses its superuser: this one waits for it.";
        RotationRows.Update(session, Released(claimed) with { NotBefore = now + s_principalPause, CauseMessage = message }, claimed.Fence);
        if (claimed.CauseMessage != message)
            RotationJournal.Append(
                session, claimed with { Cause = null, CauseMessage = message }, RotationEventName.RotationWaiting, now);
    }

    /// <remarks>The class of the last failure stays: it says what the next attempt has to try first.</remarks>
    private static void Postpone(Session session, RotationInProgress claimed, LoginWait wait, DateTimeOffset now)
    {
        var cause = claimed.Cause ?? FailureCause.Auth;
        var waiting = Released(claimed) with { NotBefore = wait.Until, Cause = cause, CauseMessage = wait.Message };
        RotationRows.Update(session, waiting, claimed.Fence);
        if (claimed.CauseMessage != wait.Message)
            RotationJournal.Append(session, waiting with { Cause = FailureCause.Auth }, RotationEventName.RotationWaiting, now);
    }

    /// <summary>The result of the step before and the intent of the next one, in one transaction. False: the lease is lost.</summary>
    private Task<bool> WriteIntentAsync(RotationInProgress before, RotationInProgress next) =>
        database.WriteAsync(
            session =>
            {
                if (!before.PendingMayBeLive && RotationQueue.Holds(session, before.Lease)
                    && PrincipalLocks.FindLost(session, before.SecretArn, time.GetUtcNow()) is { } other)
                {
                    Postpone(session, before, other, time.GetUtcNow());
                    return false;
                }
                if (!RotationRows.Update(session, next, before.Fence)) return RotationQueue.LetGo(session, before, time.GetUtcNow());
                PrincipalLocks.Renew(session, next.SecretArn, next.LeaseUntil ?? next.StartedAt);
                var now = next.StepStartedAt ?? next.StartedAt;
                if (RotationRun.StepOf(before.State) is { } done && before.Attempt == next.Attempt)
                    RotationJournal.AppendStep(session, before, RotationEventName.StepSucceeded, now, done);
                RotationJournal.Append(
                    session, next with { Cause = null, CauseMessage = null }, RotationEventName.StepStarted, now, StepOf(next).WireName());
                return true;
            },
            CancellationToken.None);

    private async Task<(StepOutcome, StepReport)> PerformAsync(RotationInProgress rotation, bool pendingMayBeLive)
    {
        var step = StepOf(rotation);
        FaultPoint.Reach($"{step.WireName()}.intended");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.StepTimeoutSeconds), time);
        try
        {
            var secret = database.Read(session => SecretStore.FindByArn(session, rotation.SecretArn))
                ?? throw new RotatorException(FailureCause.Precondition, "The secret no longer exists.");
            // The row already says that this step may have changed the target; the step is told what was true before it.
            using var token = tokens.Open(rotation);
            var report = await target.RunAsync(step, rotation with { PendingMayBeLive = pendingMayBeLive }, secret, token, timeout.Token);
            FaultPoint.Reach($"{step.WireName()}.done");
            return (StepOutcome.Success, report);
        }
        catch (RotatorException exception)
        {
            return Failed(StepOutcome.Of(exception));
        }
        catch (UnusablePendingException exception)
        {
            var outcome = new StepOutcome(FailureCause.Precondition, exception.Message, TargetUntouched: true);
            return Failed(outcome with { PendingIsUnusable = true });
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return Failed(new StepOutcome(FailureCause.Timeout, $"The step took longer than {options.Value.StepTimeoutSeconds:0.##} s."));
        }
        catch (ServiceException exception)
        {
            // A key that cannot be used just now. Waiting for it costs the account no login.
            return Failed(new StepOutcome(FailureCause.Unavailable, $"{exception.Shape.Code}: {exception.Message}"));
        }
#pragma warning disable CA1031 // A broken rotator must not end the scheduler.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            // The text of an unknown exception may hold a value; its type cannot.
            Log.StepBroke(logger, rotation.SecretArn, step.WireName(), exception.GetType().Name);
            return Failed(new StepOutcome(FailureCause.Other, $"Unexpected {exception.GetType().Name}."));
        }

        static (StepOutcome, StepReport) Failed(StepOutcome outcome) => (outcome, StepReport.Nothing);
    }

    private async Task<(RotationInProgress, RotationEffect)> FailAsync(RotationInProgress rotation, StepOutcome outcome)
    {
        var jitter = Jitter();
        var now = time.GetUtcNow();
        Log.StepFailed(logger, rotation.SecretArn, StepOf(rotation).WireName(), rotation.Attempt, outcome.Cause!.Value, outcome.Message);
        return await database.WriteAsync(
            session =>
            {
                if (RotationQueue.FindHeld(session, rotation) is not { } secret)
                {
                    RotationQueue.LetGo(session, rotation, now);
                    return (rotation, RotationEffect.Wait);
                }
                var window = RotationSchedule.NextWindow(secret, now, RotationSchedule.CountedFrom(secret));
                var (next, effect) = RotationRun.Failed(
                    rotation, outcome, options.Value, jitter, now, window is { } opening ? (opening.Opens, opening.Closes) : null);
                RotationJournal.AppendStep(session, rotation, RotationEventName.StepFailed, now, StepOf(rotation), outcome);
                // What may have changed the target keeps its account; what did not lets others have their turn.
                if (!next.PendingMayBeLive) PrincipalLocks.Release(session, rotation.SecretArn);
                RotationAudit.Failed(session, rotation, secret, StepOf(rotation), outcome, now);
                switch (effect)
                {
                    case RotationEffect.Drop:
                        RotationEnd.Drop(session, next, options.Value, now);
                        break;
                    case RotationEffect.Park:
                        RotationRows.Update(session, next, rotation.Fence);
                        if (window is { } later) SecretStore.Update(session, secret with { NextRotationDate = later.NextRotationDate });
                        RotationJournal.Append(session, next, RotationEventName.RotationFailed, now);
                        break;
                    case RotationEffect.Wait:
                        RotationRows.Update(session, next, rotation.Fence);
                        break;
                    case RotationEffect.Regenerate:
                        SecretStore.ClearPayload(session, rotation.SecretArn, rotation.VersionId);
                        RotationRows.Update(session, next, rotation.Fence);
                        break;
                    case RotationEffect.Replace:
                        RotationEnd.Replace(session, next, secret, now);
                        break;
                    case RotationEffect.EndTest:
                        RotationEnd.EndTest(session, next, outcome, options.Value, now);
                        return (next, RotationEffect.Wait);
                }
                return (next, effect);
            },
            CancellationToken.None);
    }

    private async Task SettleAsync(RotationInProgress rotation)
    {
        FaultPoint.Reach("settle.before");
        try
        {
            var now = time.GetUtcNow();
            var settled = await database.WriteAsync(
                session => RotationEnd.Settle(session, rotation, options.Value, limits, now)
                    || RotationQueue.LetGo(session, rotation, now),
                CancellationToken.None);
            FaultPoint.Reach("settle.after");
            if (settled) Log.RotationSucceeded(logger, rotation.SecretArn, rotation.VersionId, rotation.Attempt);
        }
        catch (RotatorException exception)
        {
            await FailAsync(rotation, StepOutcome.Of(exception));
        }
    }

    private Task<bool> EndTestAsync(RotationInProgress rotation)
    {
        var now = time.GetUtcNow();
        return database.WriteAsync(
            session => RotationEnd.EndTest(session, rotation, StepOutcome.Success, options.Value, now), CancellationToken.None);
    }

    /// <summary>Gives the rotation back unchanged, so that it goes on at once after the restart.</summary>
    private Task<bool> ReleaseAsync(RotationInProgress rotation, bool attemptBegan)
    {
        var released = Released(rotation) with { Attempt = attemptBegan ? rotation.Attempt - 1 : rotation.Attempt };
        return database.WriteAsync(session => RotationRows.Update(session, released, rotation.Fence), CancellationToken.None);
    }

    private static RotationInProgress Released(RotationInProgress rotation) =>
        rotation with { Owner = null, LeaseUntil = null, State = RotationState.Reserved };

    private RotationInProgress Renewed(RotationInProgress rotation) =>
        rotation with { LeaseUntil = time.GetUtcNow() + TimeSpan.FromSeconds(options.Value.LeaseSeconds) };

    private static RotationStep StepOf(RotationInProgress rotation) =>
        RotationRun.StepOf(rotation.State) ?? throw new InvalidOperationException($"No step in state {rotation.State}.");
}
