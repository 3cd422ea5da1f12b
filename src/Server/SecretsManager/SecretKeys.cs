using Rekey.Server.Kms;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>Which KMS key seals a secret's values.</summary>
internal sealed class SecretKeys(KmsKeyStore keys)
{
    /// <summary>What ListSecretVersionIds shows for the default key.</summary>
    public const string DefaultKeyName = "DefaultEncryptionKey";

    /// <summary>
    /// The key's ARN. Null and "" mean the default key of the account and region, which is made at its first use.
    /// Throws InvalidParameterException for a key that does not exist.
    /// </summary>
    /// <param name="kmsKeyId">Key id, key ARN, alias name or alias ARN.</param>
    public string Resolve(Session session, string account, string region, string? kmsKeyId, DateTimeOffset now)
    {
        if (kmsKeyId is null or "" or KmsKeyStore.DefaultAlias) return keys.EnsureDefaultKey(session, account, region, now);
        return KmsKeyStore.Resolve(session, account, region, kmsKeyId) ?? throw SecretsManagerErrors.InvalidKmsKey(kmsKeyId);
    }

    /// <summary>The ARN of the default key, or null when no secret has used it yet.</summary>
    public static string? FindDefault(Session session, string account, string region) =>
        KmsKeyStore.Resolve(session, account, region, KmsKeyStore.DefaultAlias);
}
