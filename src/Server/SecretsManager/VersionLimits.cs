using Microsoft.Extensions.Options;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>How many versions and labels a secret may have. Versions without labels are deprecated and collected, oldest first.</summary>
internal sealed class VersionLimits(IOptions<QuotaOptions> options)
{
    private readonly int _labelsMax = options.Value.LabelsPerSecret;
    private readonly int _deprecatedMax = options.Value.DeprecatedVersions;

    /// <summary>
    /// Throws LimitExceededException for a move that gives a secret more labels than it may have. A rotation's own labels are never
    /// refused, so there may be more already: moves that add none still go through, above all that of AWSCURRENT back.
    /// </summary>
    public void DemandRoomForLabels(StagingLabels before, StagingLabels after)
    {
        if (after.Count > _labelsMax && after.Count > before.Count) throw SecretsManagerErrors.TooManyLabels(_labelsMax);
    }

    /// <summary>
    /// Removes the oldest deprecated versions above the number that is kept, but none younger than a day.
    /// </summary>
    /// <param name="demandRoom">
    /// Throw LimitExceededException when too many remain. False for the value of a rotation that has begun: old versions must not fail it.
    /// </param>
    public Secret Collect(Session session, Secret secret, bool demandRoom, DateTimeOffset now)
    {
        var excess = secret.Versions.Count(IsDeprecated) - _deprecatedMax;
        if (excess <= 0) return secret;
        // The version that a rotation is making, or was when it was abandoned, may be what logs in, though it has no label any more.
        var rotatingVersionId = RotationRows.Find(session, secret.Arn)?.VersionId;
        var suspects = RotationConfigurations.Of(session, secret.Arn).SuspectVersionIds;
        var collected = secret.Versions
            .Where(version => IsDeprecated(version) && version.VersionId != rotatingVersionId && !suspects.Contains(version.VersionId))
            .Where(version => now - version.CreatedDate >= Limits.DeprecatedVersionAgeMin)
            .Take(excess).ToList();
        if (demandRoom && collected.Count < excess) throw SecretsManagerErrors.TooManyVersions(_deprecatedMax);
        foreach (var version in collected) SecretStore.DeleteVersion(session, secret.Arn, version.VersionId);
        return secret with { Versions = secret.Versions.RemoveRange(collected) };
    }

    private static bool IsDeprecated(SecretVersion version) => version.Stages.IsEmpty;
}
