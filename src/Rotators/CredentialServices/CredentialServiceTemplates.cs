using Rekey.Rotators.Slots;

namespace Rekey.Rotators.CredentialServices;

/// <summary>
/// The function for services that make their credentials themselves. AWS has none; the name follows the style of its others.
/// </summary>
internal static class CredentialServiceTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new(
            "SecretsManagerCredentialServiceRotation", DatabaseEngine.CredentialService,
            (options, time) => new SlotRotator(subject => CredentialServiceIssuer.Of(subject, options), time)),
    ];
}
