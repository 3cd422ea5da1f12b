using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Identity;

/// <summary>
/// Compares a signature with the one we calculate, in constant time. A refusal always derives the signing key and signs twice, whether the
/// access key is unknown, known, used before or not: a cached signing key only ever shortens the way to success.
/// </summary>
internal sealed class SignatureVerifier
{
    private readonly SigningKeyCache _cache = new();
    private readonly CachedSigningKey _nobody;

    public SignatureVerifier()
    {
        var nobody = new AccessKey("", new Sensitive(RandomNumberGenerator.GetBytes(40)), Principal.Root("", ""));
        _nobody = new CachedSigningKey(nobody, "", "", RandomNumberGenerator.GetBytes(SigningKey.Length));
    }

    /// <summary>Null when the key is unknown (<paramref name="owner"/> is null) or the signature is not its.</summary>
    public CachedSigningKey? Verify(in SignatureClaim claim, in Credential credential, ReadOnlySpan<byte> stringToSign, AccessKey? owner)
    {
        // What is not 64 ASCII characters leaves zeros behind, which no calculated signature has.
        Span<byte> given = stackalloc byte[SigningKey.SignatureLength];
        given.Clear();
        if (claim.Signature.Length == given.Length) Ascii.FromUtf16(claim.Signature, given, out _);

        Span<byte> expected = stackalloc byte[SigningKey.SignatureLength];
        var cached = _cache.Find(claim.Credential, owner);
        (cached ?? _nobody).Sign(stringToSign, expected);
        if (CryptographicOperations.FixedTimeEquals(expected, given) && cached is not null) return cached;

        var key = new byte[SigningKey.Length];
        SigningKey.Derive((owner ?? _nobody.Owner).Secret.Reveal(), credential.Date, credential.Region, credential.Service, key);
        SigningKey.Sign(key, stringToSign, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, given) || owner is null) return null;

        var derived = new CachedSigningKey(owner, credential.Region.ToString(), credential.Service.ToString(), key);
        _cache.Add(claim.Credential.ToString(), derived);
        return derived;
    }
}
