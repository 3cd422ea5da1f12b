using Rekey.Rotators;

namespace Rekey.Server.Rotation;

/// <summary>The rotation a secret is in: one row of <c>rotations</c>. A secret is in at most one.</summary>
internal sealed record RotationInProgress
{
    public required string SecretArn { get; init; }

    /// <summary>The version being made; for a test the temporary version.</summary>
    public required string VersionId { get; init; }

    public required RotationKind Kind { get; init; }

    public required RotationState State { get; init; }

    /// <summary>
    /// True once setSecret may have reached the target: the pending password may be the one that logs in. Where both do, only once
    /// AWSCURRENT may have moved.
    /// </summary>
    public bool PendingMayBeLive { get; init; }

    /// <summary>Attempts begun since the rotation was started, re-driven, or carried into another window.</summary>
    public int Attempt { get; init; }

    /// <summary>When the next attempt may begin.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Exclusive end of the window it is bound to; null when it was started by hand.</summary>
    public DateTimeOffset? WindowEnd { get; init; }

    /// <summary>The node that holds the lease, and until when.</summary>
    public string? Owner { get; init; }

    public DateTimeOffset? LeaseUntil { get; init; }

    public long Fence { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? StepStartedAt { get; init; }

    /// <summary>Class and text of the last failure.</summary>
    public FailureCause? Cause { get; init; }

    public string? CauseMessage { get; init; }

    /// <summary>How often the password was made stricter because the server's rules refused it.</summary>
    public int Strictness { get; init; }

    /// <summary>True when the old credential goes on logging in and has to be taken away after the grace.</summary>
    public bool MustRetire { get; init; }

    /// <summary>Since when the target refuses AWSCURRENT; null while it does not.</summary>
    public DateTimeOffset? RefusedSince { get; init; }

    /// <summary>The RotationToken, sealed by <see cref="RotationTokens"/>; null until the first claim.</summary>
    public byte[]? SealedToken { get; init; }

    public RotationLease Lease => new(SecretArn, VersionId, Fence);
}

/// <summary>Which steps a rotation consists of.</summary>
internal enum RotationKind
{
    /// <summary>The four steps.</summary>
    Rotate,

    /// <summary>RotateImmediately=false: testSecret alone, on a temporary copy of the current version.</summary>
    Test,
}
