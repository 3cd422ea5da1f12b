using Rekey.Rotators;

namespace Rekey.Server.Rotation.Configuration;

/// <summary>What a secret's rotation is bound to and how it is done, beyond what AWS's fields say.</summary>
internal sealed record RotationConfiguration
{
    public required string SecretArn { get; init; }

    public RotationSettings Settings { get; init; } = RotationSettings.Default;

    /// <summary>ARN of the superuser's secret, bound by RotateSecret; null for none.</summary>
    public string? SuperuserArn { get; init; }

    /// <summary>The target it was enabled for; null until a rotation has found out.</summary>
    public PinnedTarget? Pin { get; init; }

    /// <summary>
    /// Versions whose rotations were abandoned while their password may have been the one that logs in, newest first: what is not found
    /// out of one before the next is abandoned is not forgotten.
    /// </summary>
    public IReadOnlyList<string> SuspectVersionIds { get; init; } = [];
}
