using Rekey.Aws;
using Rekey.Server.Kms;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>
/// A primary at one revision of a link, read in one snapshot of the store: everything of the secret but its rotation in progress, and of
/// its versions those that have a value. A placeholder has nothing to read and is left out with its label. A version labelled AWSPENDING
/// is taken along: once a rotation has set the password it holds, it is the one that logs in, and a region that is promoted at that moment
/// must have it.
/// The values stay sealed until a receiver opens them.
/// </summary>
internal sealed class ReplicaSnapshot
{
    private readonly Dictionary<string, byte[]> _sealedValues;
    private readonly EnvelopeCipher _cipher;

    private ReplicaSnapshot(ReplicationLink link, Secret secret, Dictionary<string, byte[]> sealedValues, EnvelopeCipher cipher)
    {
        Link = link;
        Secret = secret;
        _sealedValues = sealedValues;
        _cipher = cipher;
    }

    public ReplicationLink Link { get; }

    /// <summary>The primary, its versions with a value only.</summary>
    public Secret Secret { get; }

    /// <summary>The primary as it is for the link now; null when the link is not to be applied or the primary is gone.</summary>
    public static ReplicaSnapshot? Take(Session session, EnvelopeCipher cipher, string primaryArn, string region)
    {
        if (ReplicationLinks.Find(session, primaryArn, region) is not { Intent: ReplicationIntent.Apply } link) return null;
        if (SecretStore.FindByArn(session, primaryArn) is not { } secret) return null;
        var sealedValues = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var version in secret.Versions)
        {
            if (SecretStore.ReadPayload(session, primaryArn, version.VersionId) is { } ciphertext)
                sealedValues.Add(version.VersionId, ciphertext);
        }
        return new ReplicaSnapshot(
            link, secret with { Versions = secret.Versions.RemoveAll(version => !version.HasValue) }, sealedValues, cipher);
    }

    /// <summary>A version's value; the caller's to dispose. Throws DecryptionFailure.</summary>
    public Sensitive Open(string versionId) => _cipher.Open(Secret.Arn, versionId, _sealedValues[versionId]);
}
