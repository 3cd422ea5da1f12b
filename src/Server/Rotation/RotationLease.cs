namespace Rekey.Server.Rotation;

/// <summary>The right to run one rotation. A higher fence for the same secret makes every earlier lease worthless.</summary>
/// <param name="SecretArn">Full ARN of the secret.</param>
/// <param name="VersionId">The version being made: the ClientRequestToken of the rotation.</param>
/// <param name="Fence">Grows by one with each claim of the secret's rotation.</param>
public sealed record RotationLease(string SecretArn, string VersionId, long Fence);
