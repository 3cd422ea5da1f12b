using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Replication;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Logins;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.Rotation.Slots;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Upkeep;

/// <summary>
/// Runs one claimed task: takes the secret's accounts, writes what it is about to do, does it, writes what came of it. The process may die
/// between any two lines; whoever claims the row next does it again.
/// </summary>
internal sealed class UpkeepRunner(
    IDatabase database, IRotationTarget target, UpkeepWork work, IOptions<RotationOptions> options, TimeProvider time,
    ILogger<UpkeepRunner> logger)
{
    /// <summary>How long a task waits before it asks again for an account that a rotation has.</summary>
    private static readonly TimeSpan s_principalPause = TimeSpan.FromSeconds(2);

    /// <summary>The same for a heartbeat: the rotation proves more than it would.</summary>
    private static readonly TimeSpan s_beatPause = TimeSpan.FromMinutes(1);

    /// <summary>How long retiring waits before it asks again whether every replica has the new value.</summary>
    private static readonly TimeSpan s_replicaPause = TimeSpan.FromMinutes(5);

    private const string ReplicaIsBehind = "A replica has not got the new value yet: the old password goes on logging in.";

    /// <inheritdoc cref="RotationRunner.Jitter"/>
    internal Func<double> Jitter { get; set; } = () => RandomNumberGenerator.GetInt32(-1000, 1001) / 1000.0;

    /// <param name="claimed">A task whose lease this node has just taken.</param>
    /// <param name="stopping">Asks to leave before the database is spoken to; what runs is let finish.</param>
    public async Task RunAsync(UpkeepTask claimed, CancellationToken stopping)
    {
        FaultPoint.Reach("upkeep.claimed");
        var secret = database.Read(session => SecretStore.FindByArn(session, claimed.SecretArn));
        if (secret is null) return;
        if (stopping.IsCancellationRequested)
        {
            await PostponeAsync(claimed, claimed.DueAt ?? time.GetUtcNow());
            return;
        }
        if (await BeginAsync(claimed, secret) is not { } begun) return;

        FaultPoint.Reach($"{Name(claimed)}.intended");
        var result = await PerformAsync(begun, secret);
        FaultPoint.Reach($"{Name(claimed)}.done");
        if (result is null) await database.WriteAsync(session => LetGo(session, begun), CancellationToken.None);
        else await EndAsync(begun, result);
        FaultPoint.Reach($"{Name(claimed)}.ended");
    }

    /// <summary>
    /// Applications that read a replica still have the old password. A region that stays away for a day is not waited for any longer: an
    /// old credential that is never taken away is worse.
    /// </summary>
    private static bool IsAwaited(Session session, Secret secret, DateTimeOffset now) =>
        secret.LastRotatedDate is { } rotated
        && now < rotated + RotationConfigurations.Of(session, secret.Arn).Settings.Grace + UpkeepRun.SlowRetry
        && ReplicationLinks.IsBehind(session, secret.Arn)
        && !SlotUpkeep.IsUnderWay(session, secret.Arn);

    /// <summary>Has the secret's accounts for itself and says so, or gives the task back. Null: there is nothing to run.</summary>
    private async Task<UpkeepTask?> BeginAsync(UpkeepTask claimed, Secret secret)
    {
        var principals = target.PrincipalsOf(secret);
        var now = time.GetUtcNow();
        var until = now + TimeSpan.FromSeconds(options.Value.LeaseSeconds);
        return await database.WriteAsync(
            session =>
            {
                if (!UpkeepRows.Holds(session, claimed))
                {
                    UpkeepRows.LetGo(session, claimed);
                    return null;
                }
                if (claimed.Kind == UpkeepKind.Heartbeat && !UpkeepSchedule.IsVerified(secret))
                {
                    UpkeepRows.Update(session, claimed with { DueAt = null, Attempt = 0, Owner = null, LeaseUntil = null }, claimed.Fence);
                    return null;
                }
                if (claimed.Kind == UpkeepKind.Retire && IsAwaited(session, secret, now))
                {
                    var waiting = UpkeepRun.Postponed(claimed, now + s_replicaPause);
                    UpkeepRows.Update(session, waiting with { CauseMessage = ReplicaIsBehind }, claimed.Fence);
                    return null;
                }
                if (LoginWaits.Begin(session, claimed.SecretArn, claimed.Kind.ToString(), principals, options.Value, now) is { } wait)
                {
                    var waiting = UpkeepRun.Postponed(claimed, wait.Until);
                    // A heartbeat that was refused has said so.
                    if (claimed.Kind != UpkeepKind.Heartbeat) waiting = waiting with { CauseMessage = wait.Message };
                    UpkeepRows.Update(session, waiting, claimed.Fence);
                    return null;
                }
                if (PrincipalLocks.Take(session, claimed.SecretArn, principals, until, now) is not null)
                {
                    var pause = claimed.Kind == UpkeepKind.Heartbeat ? s_beatPause : s_principalPause;
                    UpkeepRows.Update(session, UpkeepRun.Postponed(claimed, now + pause), claimed.Fence);
                    return null;
                }
                var begun = claimed with { LeaseUntil = until };
                UpkeepRows.Update(session, begun, claimed.Fence);
                if (UpkeepJournal.StartedName(claimed.Kind) is { } started)
                {
                    UpkeepJournal.Append(session, claimed with { Cause = null, CauseMessage = null }, started, now);
                    UpkeepJournal.Audit(session, secret, started, now);
                }
                return begun;
            },
            CancellationToken.None);
    }

    /// <returns>Null when the task was lost before the database was spoken to.</returns>
    private async Task<UpkeepResult?> PerformAsync(UpkeepTask task, Secret secret)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.StepTimeoutSeconds), time);
        try
        {
            return await work.RunAsync(task, secret, () => database.Read(session => UpkeepRows.Holds(session, task)), timeout.Token);
        }
        catch (RotatorException exception)
        {
            return UpkeepResult.Of(exception);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            var text = $"It took longer than {options.Value.StepTimeoutSeconds:0.##} s.";
            return new UpkeepResult(UpkeepOutcome.Failed, FailureCause.Timeout, text);
        }
        catch (ServiceException exception)
        {
            return new UpkeepResult(UpkeepOutcome.Failed, FailureCause.Unavailable, $"{exception.Shape.Code}: {exception.Message}");
        }
#pragma warning disable CA1031 // A broken rotator must not end the scheduler.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            // The text of an unknown exception may hold a value; its type cannot.
            Log.UpkeepBroke(logger, Name(task), task.SecretArn, exception.GetType().Name);
            return new UpkeepResult(UpkeepOutcome.Failed, FailureCause.Other, $"Unexpected {exception.GetType().Name}.");
        }
    }

    private async Task EndAsync(UpkeepTask task, UpkeepResult result)
    {
        var now = time.GetUtcNow();
        var jitter = Jitter();
        if (result.Outcome == UpkeepOutcome.Failed)
            Log.UpkeepFailed(logger, Name(task), task.SecretArn, task.Attempt, result.Cause!.Value, result.Message);
        await database.WriteAsync(session => End(session, task, result, jitter, now), CancellationToken.None);
    }

    private bool End(Session session, UpkeepTask task, UpkeepResult result, double jitter, DateTimeOffset now)
    {
        if (!UpkeepRows.Holds(session, task)) return LetGo(session, task);
        if (SecretStore.FindByArn(session, task.SecretArn) is not { } secret) return false;
        PrincipalLocks.Release(session, task.SecretArn);
        var configuration = RotationConfigurations.Of(session, task.SecretArn);
        var period = UpkeepSchedule.IsVerified(secret) ? UpkeepSchedule.PeriodOf(configuration.Settings, options.Value) : null;
        var beat = UpkeepSchedule.NextBeat(task.SecretArn, period, now);
        var (next, isTold) = UpkeepRun.After(task, result, options.Value, jitter, now, beat);
        UpkeepRows.Update(session, next, task.Fence);
        if (isTold) Tell(session, task, next, result, secret, now);
        // Of retiring not every strategy makes a login.
        if (result.Outcome != UpkeepOutcome.Failed && task.Kind != UpkeepKind.Retire)
            AfterProof(session, task, configuration.SuspectVersionIds, now);
        return true;
    }

    private static void Tell(
        Session session, UpkeepTask task, UpkeepTask next, UpkeepResult result, Secret secret, DateTimeOffset now)
    {
        var name = UpkeepJournal.EndedName(task.Kind, result.Outcome);
        if (task.Kind == UpkeepKind.Heartbeat && result.IsHealed) name = RotationEventName.HealSucceeded;
        UpkeepJournal.Append(session, next with { Attempt = task.Attempt }, name, now, result);
        if (name != RotationEventName.HeartbeatSucceeded) UpkeepJournal.Audit(session, secret, name, now, result.Cause);
    }

    /// <summary>AWSCURRENT logs in: the suspects are none any more, and what was parked because of a refusal goes on.</summary>
    private void AfterProof(Session session, UpkeepTask task, IReadOnlyList<string> suspects, DateTimeOffset now)
    {
        if (suspects.Max(versionId => LateUntil(session, task.SecretArn, versionId)) is { } until && until > now)
        {
            UpkeepRows.Schedule(session, task.SecretArn, UpkeepKind.Heal, until);
            return;
        }
        RotationConfigurations.ForgetSuspects(session, task.SecretArn);
        foreach (var other in UpkeepRows.Of(session, task.SecretArn))
        {
            if (other.Kind == task.Kind) continue;
            if (other.Kind == UpkeepKind.Retire && other.IsParked) UpkeepRows.Schedule(session, task.SecretArn, UpkeepKind.Retire, now);
            if (other.Kind == UpkeepKind.Heal && other.IsParked) UpkeepRows.Update(session, other.Settled(now), other.Fence);
        }
    }

    /// <summary>
    /// Until when the database may still carry out what the abandoned rotation sent it before its connection broke: no longer than a lease
    /// after the last that happened to it.
    /// </summary>
    private DateTimeOffset? LateUntil(Session session, string secretArn, string suspectVersionId) =>
        RotationJournal.LastOf(session, secretArn, suspectVersionId) + TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    private static bool LetGo(Session session, UpkeepTask lost)
    {
        UpkeepRows.LetGo(session, lost);
        return false;
    }

    private Task<bool> PostponeAsync(UpkeepTask claimed, DateTimeOffset dueAt) => database.WriteAsync(
        session => UpkeepRows.Update(session, UpkeepRun.Postponed(claimed, dueAt), claimed.Fence), CancellationToken.None);

    private static string Name(UpkeepTask task) => task.Kind switch
    {
        UpkeepKind.Heal => "heal",
        UpkeepKind.Retire => "retire",
        _ => "heartbeat",
    };
}
