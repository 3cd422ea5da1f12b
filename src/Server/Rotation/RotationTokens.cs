using Rekey.Aws;
using Rekey.Server.Kms;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// The RotationToken of a rotation: a random UUID that its function gets with each step and shows when it stores the new value, to prove
/// that it acts for this rotation. Made once, kept sealed with the rotation's row, gone with it. Source: AWS API reference, PutSecretValue.
/// </summary>
internal sealed class RotationTokens(EnvelopeCipher cipher, KmsKeyStore keys)
{
    private const int TokenBytes = 36;

    /// <summary>
    /// What the token is sealed for beside the secret: no version id, because it is longer than any (64 characters). So neither a stored
    /// value opens as a token nor a token as a value.
    /// </summary>
    private const string PurposePrefix = "RotationToken of the rotation that makes version ";

    /// <summary>
    /// A new token, sealed under the region's default key: that one cannot be taken away from a rotation that waits, as a customer's can.
    /// </summary>
    public byte[] Issue(Session session, RotationInProgress rotation, DateTimeOffset now)
    {
        if (!Arn.TryParse(rotation.SecretArn, out var arn)) throw new InvalidOperationException("A rotation has no secret's ARN.");
        var keyArn = keys.EnsureDefaultKey(session, arn.Account, arn.Region, now);
        var text = new byte[TokenBytes];
        using var token = new Sensitive(text);
        KmsKey.NewId().TryFormat(text, out _);
        return cipher.Seal(keyArn, rotation.SecretArn, PurposePrefix + rotation.VersionId, token.Reveal());
    }

    /// <summary>The token of a rotation that was claimed; the caller's to dispose.</summary>
    public Sensitive Open(RotationInProgress rotation) => cipher.Open(
        rotation.SecretArn, PurposePrefix + rotation.VersionId,
        rotation.SealedToken ?? throw new InvalidOperationException("A rotation that was never claimed has no token."));

    /// <summary>True when it is the token of the rotation in progress of this very secret and version.</summary>
    public bool IsOf(Session session, string secretArn, string versionId, Sensitive given)
    {
        var rotation = RotationRows.Find(session, secretArn);
        if (rotation?.SealedToken is null || rotation.VersionId != versionId) return false;
        using var token = Open(rotation);
        return token.FixedTimeEquals(given);
    }
}
