using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>What it means for rotation that AWSCURRENT moves.</summary>
internal static class ManualChange
{
    /// <summary>
    /// When AWSCURRENT was moved by hand, and not by the rotation itself: ends the rotation in progress. Else returns the secret as it is.
    /// </summary>
    public static Secret Apply(Session session, RequestContext context, Secret before, Secret after)
    {
        if (context.Lease is not null) return after;
        if (before.FindLabelled(StagingLabels.Current)?.VersionId == after.FindLabelled(StagingLabels.Current)?.VersionId) return after;
        RotationQueue.Abandon(session, context, after);
        return after;
    }
}
