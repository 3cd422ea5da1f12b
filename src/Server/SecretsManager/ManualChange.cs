using Microsoft.Extensions.Options;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Logins;
using Rekey.Server.Rotation.Slots;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>What it means for rotation that AWSCURRENT moves.</summary>
internal sealed class ManualChange(IOptions<RotationOptions> options)
{
    /// <summary>
    /// When AWSCURRENT was moved by hand, and not by the rotation itself: ends the rotation in progress, counts as a rotation when the
    /// next date is computed, and has AWSCURRENT verified. Else returns the secret as it is. Any move of a label may set a credential free
    /// that the target made.
    /// </summary>
    public Secret Apply(Session session, RequestContext context, Secret before, Secret after)
    {
        if (context.Lease is not null) return after;
        if (after.RotationLambdaArn is not null) SlotUpkeep.Soon(session, after.Arn, context.Time);
        if (before.FindLabelled(StagingLabels.Current)?.VersionId == after.FindLabelled(StagingLabels.Current)?.VersionId) return after;
        LoginWaits.Stored(session, after.Arn, context.Time);
        RotationQueue.Abandon(session, context, after);
        UpkeepSchedule.AfterManualChange(session, after, context.Time);
        return RotationSchedule.AfterManualChange(after, options.Value, context.Time);
    }
}
