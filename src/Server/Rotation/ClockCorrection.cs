using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Logins;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// What a wall clock that was set back leaves behind: dates in a future that will not come for a long time. Nothing is made to happen
/// earlier than the rules allow from the corrected time on.
/// </summary>
internal static class ClockCorrection
{
    /// <summary>Secrets corrected in one transaction.</summary>
    private const int SecretsPerWrite = 256;

    /// <summary>
    /// Leases, urgent retries and those once a day, refused logins and what humans decided about them: none is ever further away than its
    /// setting or rule, so what is further was written by a wrong clock.
    /// </summary>
    /// <returns>How many were corrected.</returns>
    public static int Rotations(Session session, RotationOptions options, DateTimeOffset now)
    {
        LoginRefusals.SetBack(session, now);
        var lease = now + TimeSpan.FromSeconds(options.LeaseSeconds);
        var retry = now + TimeSpan.FromSeconds(options.RetryDelaySeconds);
        PrincipalLocks.NotAfter(session, lease);
        var leases = session.Execute("UPDATE rotations SET lease_until = @lease WHERE lease_until > @lease", ("lease", lease));
        var parked = session.Execute(
            "UPDATE rotations SET not_before = @latest WHERE not_before > @latest AND pending_may_be_live = 1 AND state = @parked",
            ("latest", now + RotationRun.SlowRetry), ("parked", nameof(RotationState.Parked)));
        return leases + parked + session.Execute(
            "UPDATE rotations SET not_before = @retry WHERE not_before > @retry AND pending_may_be_live = 1 AND state <> @parked "
            + "AND (cause IS NULL OR cause NOT IN ('Auth', 'Policy', 'Privilege', 'Precondition'))",
            ("retry", retry), ("parked", nameof(RotationState.Parked)));
    }

    /// <summary>Leases and tasks of upkeep that lie further ahead than any rule puts them.</summary>
    /// <returns>Where to go on, or null at the end.</returns>
    public static string? Upkeep(Session session, RotationOptions options, string after, DateTimeOffset now)
    {
        var lease = now + TimeSpan.FromSeconds(options.LeaseSeconds);
        session.Execute("UPDATE rotation_upkeep SET lease_until = @lease WHERE lease_until > @lease", ("lease", lease));
        var arns = session.Query(
            "SELECT DISTINCT arn FROM rotation_upkeep WHERE due_at > @now AND arn > @after ORDER BY arn LIMIT @limit",
            row => row.Text(0), ("now", now), ("after", after), ("limit", SecretsPerWrite));
        foreach (var arn in arns)
        {
            var settings = RotationConfigurations.Of(session, arn).Settings;
            foreach (var task in UpkeepRows.Of(session, arn))
            {
                var latest = now + UpkeepSchedule.FurthestOf(task.Kind, settings, options);
                if (task.DueAt > latest) UpkeepRows.Update(session, task with { DueAt = latest }, task.Fence);
            }
        }
        return arns.Count == SecretsPerWrite ? arns[^1] : null;
    }

    /// <summary>Due dates later than the rules say from now on become what the rules say.</summary>
    /// <returns>Where to go on, or null at the end.</returns>
    public static string? Schedules(Session session, RotationOptions options, string after, DateTimeOffset now)
    {
        var arns = session.Query(
            "SELECT arn FROM secrets WHERE rotation_due_at > @now AND arn > @after ORDER BY arn LIMIT @limit",
            row => row.Text(0), ("now", now), ("after", after), ("limit", SecretsPerWrite));
        foreach (var arn in arns)
        {
            var secret = SecretStore.FindByArn(session, arn)!;
            var corrected = RotationSchedule.WithNextWindow(secret, options, now, RotationSchedule.CountedFrom(secret));
            if (corrected.RotationDueDate < secret.RotationDueDate) SecretStore.Update(session, corrected);
        }
        return arns.Count == SecretsPerWrite ? arns[^1] : null;
    }
}
