using Rekey.Aws;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// The errors of Secrets Manager: one factory per shape, and the exact texts. No text holds a secret value. Texts without a public recording
/// are marked "our wording".
/// </summary>
internal static class SecretsManagerErrors
{
    private static readonly ErrorShape ValidationShape = ErrorShape.Framework("ValidationException");
    private static readonly ErrorShape ResourceNotFoundShape = ErrorShape.Client("ResourceNotFoundException");

    public static ServiceException InvalidName() => new(
        ValidationShape, "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");

    public static ServiceException SecretNotFound() => new(ResourceNotFoundShape, "Secrets Manager can't find the specified secret.");
}
