using Rekey.Rotators;

namespace Rekey.Server.Rotation.Upkeep;

/// <summary>What a human can do about a task that failed.</summary>
internal static class UpkeepRemedy
{
    private const string LetIn =
        "Give the account AWSCURRENT's password in the database, or store the password it has with PutSecretValue, or, if it is locked, "
        + "unlock it; then start a rotation with: rekey rotate.";

    /// <summary>Null when there is nothing to do about it.</summary>
    public static string? Of(UpkeepTask task) => (task.Kind, task.Outcome, task.Cause) switch
    {
        (_, UpkeepOutcome.Drifted, _) => "The next rotation treats the difference as the secret's grantSync says.",
        (_, not UpkeepOutcome.Failed, _) => null,
        (UpkeepKind.Heal, _, FailureCause.Auth) =>
            $"{LetIn} With a superuser secret bound to the rotation (masterarn) it would have been mended without you.",
        (UpkeepKind.Retire, _, FailureCause.Auth) =>
            $"AWSCURRENT is refused, so the old credential was left in place: applications may depend on it. {LetIn}",
        (_, _, FailureCause.Auth) =>
            $"Nothing was changed: applications may still work with a password that they keep. {LetIn}",
        (_, _, FailureCause.Privilege) => "Give the account, or the superuser of its rotation, the privilege that is missing.",
        (_, _, FailureCause.Precondition or FailureCause.Policy) => "Mend the secret or its rotation's configuration.",
        (_, _, FailureCause.Tls) => "Mend the server's certificate or the list of authorities (Rekey:Rotation:CaFile).",
        _ => "It is tried again by itself.",
    };
}
