using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Rekey.Rotators;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Upkeep;

/// <summary>
/// When tasks of upkeep come into being, as calls inside the transaction of what causes them.
/// </summary>
/// <remarks>
/// Decisions. Rotation changes a database because a schedule or a human asked for it; upkeep must not surprise.
/// 1. An old credential is taken away also after rotation was switched off or the secret was scheduled for deletion: its end was promised
/// when the rotation succeeded. A secret purged before that takes its passwords along, and the audit log says so.
/// 2. A human who moves AWSCURRENT, or stores a value, has said what the secret is; not that the database shall follow. Within a minute it
/// is verified by one login and the answer told. The database is changed only where a rotation of ours may have changed it before (the
/// suspect version), or where the secret's settings say so (HealOnFailedHeartbeat): an application that works with an older password is
/// never locked out by default.
/// </remarks>
internal static class UpkeepSchedule
{
    /// <summary>How long after a change by hand AWSCURRENT is verified: people change the database a little later.</summary>
    public static readonly TimeSpan VerifyDelay = TimeSpan.FromMinutes(1);

    /// <summary>Shortest time between two heartbeats.</summary>
    public static readonly TimeSpan HeartbeatMin = TimeSpan.FromMinutes(1);

    /// <summary>Secrets looked at in one transaction.</summary>
    private const int SecretsPerWrite = 256;

    /// <summary>How often the secret's heartbeat is; null for never.</summary>
    public static TimeSpan? PeriodOf(RotationSettings settings, RotationOptions options)
    {
        var period = settings.Heartbeat ?? TimeSpan.FromHours(options.HeartbeatHours);
        return period <= TimeSpan.Zero ? null : period < HeartbeatMin ? HeartbeatMin : period;
    }

    /// <summary>
    /// The secret's next beat: at its own place in the period, the same after every start, so that no crowd forms.
    /// </summary>
    public static DateTimeOffset? NextBeat(string secretArn, TimeSpan? period, DateTimeOffset now)
    {
        if (period is not { } every) return null;
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(secretArn));
        // In the store's own unit: a beat that it rounds down would be due again at once.
        var length = (long)every.TotalMilliseconds;
        var place = (long)(BinaryPrimitives.ReadUInt32BigEndian(digest) / (double)uint.MaxValue * length);
        var beats = (now.ToUnixTimeMilliseconds() - place) / length + 1;
        return DateTimeOffset.FromUnixTimeMilliseconds(beats * length + place);
    }

    /// <summary>The furthest ahead that a task is ever due.</summary>
    public static TimeSpan FurthestOf(UpkeepKind kind, RotationSettings settings, RotationOptions options)
    {
        var own = kind switch
        {
            UpkeepKind.Retire => settings.Grace > settings.Soak ? settings.Grace : settings.Soak,
            UpkeepKind.Heartbeat => PeriodOf(settings, options) ?? TimeSpan.Zero,
            _ => TimeSpan.Zero,
        };
        return own > UpkeepRun.SlowRetry ? own : UpkeepRun.SlowRetry;
    }

    /// <summary>True when the secret's account is verified between rotations.</summary>
    public static bool IsVerified(Secret secret) =>
        secret is { RotationEnabled: true, IsScheduledForDeletion: false, IsReplica: false };

    /// <summary>
    /// A rotation succeeded: the login of its new version answered what heartbeats and healings ask. What its change left to retire is due
    /// after the grace, in the place of what an earlier one left.
    /// </summary>
    public static void AfterRotation(
        Session session, RotationInProgress rotation, RotationSettings settings, RotationOptions options, DateTimeOffset now)
    {
        var arn = rotation.SecretArn;
        foreach (var task in UpkeepRows.Of(session, arn))
        {
            if (task.Kind == UpkeepKind.Retire)
            {
                // The change took every other password away, or left one for this to find.
                if (!rotation.MustRetire && task is not { Outcome: UpkeepOutcome.Succeeded, DueAt: null })
                    UpkeepRows.Schedule(session, arn, UpkeepKind.Retire, now);
                continue;
            }
            UpkeepRows.Update(session, task.Settled(now), task.Fence);
        }
        if (rotation.MustRetire) UpkeepRows.Schedule(session, arn, UpkeepKind.Retire, now + settings.Grace);
        Beat(session, arn, settings, options, now);
    }

    /// <summary>The settings or the state of the secret's rotation have changed: plans its heartbeat anew, or none.</summary>
    public static void Beat(Session session, string secretArn, RotationSettings settings, RotationOptions options, DateTimeOffset now)
    {
        var next = NextBeat(secretArn, PeriodOf(settings, options), now);
        if (next is not null) UpkeepRows.Schedule(session, secretArn, UpkeepKind.Heartbeat, next.Value);
        else if (UpkeepRows.Find(session, secretArn, UpkeepKind.Heartbeat) is { DueAt: not null } planned)
            UpkeepRows.Update(session, planned with { DueAt = null, Owner = null, Fence = planned.Fence + 1 }, planned.Fence);
    }

    /// <summary>AWSCURRENT was moved by hand, or a value stored; see the decisions above.</summary>
    public static void AfterManualChange(Session session, Secret secret, DateTimeOffset now)
    {
        if (secret.RotationLambdaArn is null) return;
        foreach (var task in UpkeepRows.Of(session, secret.Arn))
        {
            if (task.Kind == UpkeepKind.Heartbeat) continue;
            if (task.Owner is not null)
            {
                // It may be about to make the database follow the version that was current, even past its lease when the process stood
                // still: what comes of it is found out afterwards.
                var until = task.LeaseUntil > now ? task.LeaseUntil.Value : now;
                UpkeepRows.Schedule(session, secret.Arn, task.Kind, until);
                UpkeepRows.Schedule(session, secret.Arn, UpkeepKind.Heal, until);
            }
            else if (task.IsParked)
            {
                UpkeepRows.Schedule(session, secret.Arn, task.Kind, now + VerifyDelay);
            }
        }
        Verify(session, secret, now);
    }

    /// <summary>One login with AWSCURRENT in a minute, unless a healing is about to find out more.</summary>
    public static void Verify(Session session, Secret secret, DateTimeOffset now)
    {
        if (!IsVerified(secret) || UpkeepRows.Find(session, secret.Arn, UpkeepKind.Heal)?.DueAt is not null) return;
        UpkeepRows.Schedule(session, secret.Arn, UpkeepKind.Heartbeat, now + VerifyDelay);
    }

    /// <summary>The secret is to be purged then: what its database must be rid of goes first.</summary>
    public static void BeforePurge(Session session, string secretArn, DateTimeOffset purgeDate, DateTimeOffset now)
    {
        var latest = purgeDate - UpkeepRun.SlowRetry;
        if (UpkeepRows.Find(session, secretArn, UpkeepKind.Retire)?.DueAt > latest)
            UpkeepRows.Schedule(session, secretArn, UpkeepKind.Retire, latest > now ? latest : now);
    }

    /// <summary>
    /// The secret is purged, and with it the passwords without which nothing can be taken away any more: keeping them for that would break
    /// the promise of the deletion. The audit log keeps what the database is left with.
    /// </summary>
    public static void Purged(Session session, Secret secret, DateTimeOffset now)
    {
        foreach (var task in UpkeepRows.Of(session, secret.Arn))
        {
            if (task.Kind == UpkeepKind.Retire && (task.DueAt is not null || task.IsParked))
                UpkeepJournal.Audit(session, secret, RotationEventName.RetireAbandoned, now, FailureCause.Precondition);
        }
    }

    /// <summary>
    /// Plans the heartbeats that are missing, as after <see cref="RotationOptions.HeartbeatHours"/> was set. Those that are too many end
    /// with their next beat.
    /// </summary>
    /// <returns>Where to go on, or null at the end.</returns>
    public static string? Sweep(Session session, RotationOptions options, string after, DateTimeOffset now)
    {
        var found = session.Query(
            "SELECT s.arn FROM secrets s WHERE s.rotation_enabled = 1 AND s.deleted_at IS NULL AND s.arn > @after "
            + "ORDER BY s.arn LIMIT @limit",
            row => row.Text(0), ("after", after), ("limit", SecretsPerWrite));
        foreach (var arn in found)
        {
            if (UpkeepRows.Find(session, arn, UpkeepKind.Heartbeat)?.DueAt is not null) continue;
            if (SecretStore.FindByArn(session, arn) is { } secret && IsVerified(secret))
                Beat(session, arn, RotationConfigurations.Of(session, arn).Settings, options, now);
        }
        return found.Count == SecretsPerWrite ? found[^1] : null;
    }
}
