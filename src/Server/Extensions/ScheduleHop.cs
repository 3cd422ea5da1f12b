using System.Globalization;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Extensions;

/// <summary>The last hop of a diagnosis: whether and when the secret rotates by itself, and what holds it up.</summary>
internal static class ScheduleHop
{
    private const string Name = "schedule";
    private const string Again = "Mend the cause named. It is tried again by itself at that time, or at once with: rekey rotate";

    public static HopResult Of(Secret secret, RotationInProgress? rotation, DateTimeOffset now)
    {
        if (secret.IsReplica)
            return new HopResult(
                Name, true, $"A replica does not rotate: the primary in {secret.PrimaryRegion} does, and its values follow.");
        if (rotation is { State: RotationState.Parked })
        {
            var retried = rotation.PendingMayBeLive ? ", and tried again by and by" : "";
            return new HopResult(Name, false, $"The rotation to version {rotation.VersionId} is parked{retried}: {rotation.CauseMessage}",
                Remedy(rotation), rotation.Cause);
        }
        if (rotation is not null)
            return new HopResult(Name, rotation.Cause is null, InProgress(rotation, now),
                rotation.Cause is null ? null : Again, rotation.Cause);
        return secret.RotationEnabled switch
        {
            null => new HopResult(
                Name, false, "Rotation was never configured.", "Configure it with RotateSecret: a rotation function and rotation rules."),
            false => new HopResult(Name, false, "Rotation is switched off.", "Switch it on again with RotateSecret."),
            true when secret.NextRotationDate is { } next => new HopResult(Name, true, $"The next rotation is done by {Utc(next)}."),
            true => new HopResult(Name, true, "Rotation is on without a schedule: it happens only when asked for."),
        };
    }

    private static string Remedy(RotationInProgress rotation) => rotation.Cause switch
    {
        FailureCause.Auth =>
            "No stored version that was tried logs in. Give the account AWSCURRENT's password in the database, or store the password it "
                + "has with PutSecretValue; then start it again with: rekey rotate",
        _ => "Mend the cause, then start it again with: rekey rotate",
    };

    private static string InProgress(RotationInProgress rotation, DateTimeOffset now)
    {
        var when = rotation.Owner is null && rotation.NotBefore > now ? $", next attempt at {Utc(rotation.NotBefore)}" : "";
        var why = rotation.CauseMessage is { } message ? $"; last failure: {message}" : "";
        return $"A rotation to version {rotation.VersionId} is in progress ({rotation.State}, attempt {rotation.Attempt}){when}{why}";
    }

    private static string Utc(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
