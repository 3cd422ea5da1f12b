using Rekey.Aws;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Rotation;

/// <summary>
/// What performs the steps of a secret's rotation. A step may be repeated any number of times with the same version id and must converge.
/// It fails with <see cref="Rekey.Rotators.RotatorException"/>; its text is shown to operators and holds no secret.
/// </summary>
internal interface IRotationTarget
{
    /// <summary>
    /// The accounts that a rotation or upkeep of the secret must have for itself; none where that cannot be told. Reads stored values only.
    /// </summary>
    IReadOnlyList<Principal> PrincipalsOf(Secret secret);

    /// <param name="step">The step to perform; each only after the one before it has succeeded.</param>
    /// <param name="rotation">The rotation as last written; its lease must accompany every write.</param>
    /// <param name="secret">The secret as loaded for this step.</param>
    /// <param name="rotationToken">Proves to PutSecretValue that who shows it acts for this rotation. Valid until the step returns.</param>
    /// <param name="cancellationToken">Ends the step's time; what was sent to the target by then may have happened or not.</param>
    Task<StepReport> RunAsync(
        RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken);
}

/// <summary>What a step that succeeded has to say.</summary>
/// <param name="RefusedSince">Since when the target refuses AWSCURRENT; null while it does not.</param>
/// <param name="MustRetire">True when the old credential goes on logging in and has to be taken away after the grace.</param>
internal sealed record StepReport(DateTimeOffset? RefusedSince = null, bool MustRetire = false)
{
    public static StepReport Nothing { get; } = new();

    /// <summary>
    /// Of setSecret: AWSCURRENT goes on logging in whatever becomes of the rotation, so that it may be given up until AWSCURRENT moves.
    /// </summary>
    public bool CurrentIsSafe { get; init; }
}
