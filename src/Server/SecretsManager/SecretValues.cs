using Rekey.Server.Kms;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>Secret values as versions: sealing, idempotency by token, labels and limits. All inside the caller's transaction.</summary>
internal sealed class SecretValues(EnvelopeCipher cipher, VersionLimits limits)
{
    /// <summary>
    /// True when the version already holds this very value: the call is a repeat and must change nothing. Throws ResourceExistsException
    /// when it holds another. A rotation's placeholder holds none, so its first value is no repeat.
    /// </summary>
    public bool IsRepeat(Session session, Secret secret, string versionId, SecretPayload payload)
    {
        if (secret.FindVersion(versionId) is not { HasValue: true }) return false;
        using var stored = Read(session, secret, versionId);
        return stored.FixedTimeEquals(payload) ? true : throw SecretsManagerErrors.TokenTaken(versionId, secret.Arn);
    }

    /// <summary>
    /// Seals the value as a new version, or as the first value of a placeholder, and moves the labels.
    /// Throws LimitExceededException for too many labels or versions.
    /// </summary>
    /// <returns>The secret with its new version and labels; its own row is not written.</returns>
    public Secret Add(
        Session session, Secret secret, string versionId, SecretPayload payload, IReadOnlyList<string>? stages, DateTimeOffset now)
    {
        // 1. The value.
        var isNew = secret.FindVersion(versionId) is null;
        var ciphertext = cipher.Seal(secret.KmsKeyArn, secret.Arn, versionId, payload.RevealStored());
        if (isNew)
        {
            var version = new SecretVersion
            {
                VersionId = versionId,
                CreatedDate = now,
                Sequence = secret.NextSequence,
                KmsKeyArn = secret.KmsKeyArn,
            };
            SecretStore.InsertVersion(session, secret.Arn, version, ciphertext);
            secret = secret with { Versions = secret.Versions.Add(version) };
        }
        else
        {
            SecretStore.SetPayload(session, secret.Arn, versionId, secret.KmsKeyArn, ciphertext);
            secret = secret.WithKey(versionId, secret.KmsKeyArn);
        }

        // 2. The labels.
        var before = secret.Labels;
        var after = before.Put(versionId, stages);
        limits.DemandRoomForLabels(before, after);
        SecretStore.WriteLabels(session, secret.Arn, before, after);

        // 3. Old versions.
        return limits.Collect(session, secret.With(after), demandRoom: isNew, now);
    }

    /// <summary>Seals the values labelled AWSCURRENT, AWSPENDING and AWSPREVIOUS under the secret's key where they are not.</summary>
    public Secret Reseal(Session session, Secret secret)
    {
        foreach (var label in (ReadOnlySpan<string>)[StagingLabels.Current, StagingLabels.Pending, StagingLabels.Previous])
        {
            if (secret.FindLabelled(label) is not { HasValue: true } version || version.KmsKeyArn == secret.KmsKeyArn) continue;
            using var payload = Read(session, secret, version.VersionId);
            var ciphertext = cipher.Seal(secret.KmsKeyArn, secret.Arn, version.VersionId, payload.RevealStored());
            SecretStore.SetPayload(session, secret.Arn, version.VersionId, secret.KmsKeyArn, ciphertext);
            secret = secret.WithKey(version.VersionId, secret.KmsKeyArn);
        }
        return secret;
    }

    private SecretPayload Read(Session session, Secret secret, string versionId)
    {
        var ciphertext = SecretStore.ReadPayload(session, secret.Arn, versionId)
            ?? throw new InvalidOperationException("A version with a key has no payload.");
        return SecretPayload.FromStored(cipher.Open(secret.Arn, versionId, ciphertext));
    }
}
