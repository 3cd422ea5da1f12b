using Rekey.Aws;

namespace Rekey.Server.Kms;

/// <summary>How Secrets Manager reports that a key could not do its work. Source: its API reference.</summary>
internal static class KmsErrors
{
    private static readonly ErrorShape s_decryptionFailure = ErrorShape.Client("DecryptionFailure");
    private static readonly ErrorShape s_encryptionFailure = ErrorShape.Client("EncryptionFailure");

    public static ServiceException DecryptionFailure() =>
        new(s_decryptionFailure, "Secrets Manager can't decrypt the protected secret text using the provided KMS key.");

    public static ServiceException EncryptionFailure() =>
        new(s_encryptionFailure, "Secrets Manager can't encrypt the protected secret text using the provided KMS key. "
            + "Check that the KMS key is available, enabled, and not in an invalid state.");
}
