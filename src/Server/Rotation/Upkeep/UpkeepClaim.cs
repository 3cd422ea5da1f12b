using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Upkeep;

/// <summary>
/// Taking a task that is due, in one transaction. A task is taken only while its secret is in no rotation, or of a healing in none that
/// has begun to change anything, and a rotation only while no task of its secret is taken (<see cref="RotationClaim"/>): the store's
/// serializable transactions let one of the two through.
/// </summary>
internal static class UpkeepClaim
{
    /// <param name="ownerIsAlone">No other process writes the store: leases are of this process, which knows what it runs.</param>
    /// <returns>The task under a new lease; null when someone else was first, or when it has to wait.</returns>
    public static UpkeepTask? Take(
        Session session, UpkeepTask task, string nodeId, bool ownerIsAlone, RotationOptions options, DateTimeOffset now)
    {
        // As it was read: its end, which keeps the fence, may have come since.
        if (UpkeepRows.Find(session, task.SecretArn, task.Kind) != task) return null;
        if (RotationRows.Find(session, task.SecretArn) is { } rotation && !MayBeHealed(rotation, task.Kind)) return null;
        if (!ownerIsAlone && UpkeepRows.IsLeasedElsewhere(session, task.SecretArn, nodeId, now)) return null;

        // An owner that is still named died in the attempt. If that goes on, the task must not take the server down again and again.
        if (task.Owner is not null && task.Attempt >= options.MaxAttempts)
        {
            var later = task with
            {
                DueAt = now + UpkeepRun.SlowRetry,
                Attempt = 0,
                Owner = null,
                Outcome = UpkeepOutcome.Failed,
                EndedAt = now,
                Cause = FailureCause.Other,
                CauseMessage = $"The server ended {task.Attempt} times while it was doing this.",
            };
            UpkeepRows.Update(session, later, task.Fence);
            UpkeepJournal.Append(session, later, UpkeepJournal.FailedName(task.Kind), now);
            return null;
        }

        var claimed = task with
        {
            Owner = nodeId,
            LeaseUntil = now + TimeSpan.FromSeconds(options.LeaseSeconds),
            Fence = task.Fence + 1,
            Attempt = task.Attempt + 1,
        };
        return UpkeepRows.Update(session, claimed, task.Fence) ? claimed : null;
    }

    /// <summary>It waits, and has touched nothing yet.</summary>
    private static bool MayBeHealed(RotationInProgress rotation, UpkeepKind kind) =>
        kind == UpkeepKind.Heal && rotation is { Owner: null, PendingMayBeLive: false };
}
