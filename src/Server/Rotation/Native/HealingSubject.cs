using Rekey.Rotators;

namespace Rekey.Server.Rotation.Native;

/// <summary>AWSCURRENT, and the other stored versions of the same account in the order in which they are likely to log in.</summary>
internal sealed record HealingSubject : RotationSubject
{
    public required IReadOnlyList<DatabaseCredentials> Candidates { get; init; }

    /// <summary>Among them is what an abandoned rotation may have made the one that logs in.</summary>
    public required bool HasSuspects { get; init; }
}
