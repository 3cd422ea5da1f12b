namespace Rekey.Server.Rotation;

/// <summary>
/// Where a rotation stands. Written before the step it names is begun, so that after a crash the same step is run again.
/// </summary>
internal enum RotationState
{
    /// <summary>The version id is reserved and labelled AWSPENDING; nothing has run.</summary>
    Reserved,

    /// <summary>createSecret may have run.</summary>
    Creating,

    /// <summary>setSecret may have run: the target may already want the pending password.</summary>
    Setting,

    /// <summary>testSecret may have run.</summary>
    Testing,

    /// <summary>finishSecret may have run: AWSCURRENT may already have moved.</summary>
    Finishing,

    /// <summary>
    /// Given up until someone acts: the cause says why. Tried by and by nevertheless where the target may have the new password.
    /// </summary>
    Parked,
}
