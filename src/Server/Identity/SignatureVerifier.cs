using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Identity;

/// <summary>
/// Compares a signature with the one we calculate, in constant time. A refusal always costs the same six HMACs, whether the key is unknown,
/// known, used before or not: a cached signing key only ever shortens the way to success.
/// </summary>
internal sealed class SignatureVerifier
{
    private readonly SigningKeyCache _cache = new();
    private readonly byte[] _noSecret = RandomNumberGenerator.GetBytes(40);
    private readonly byte[] _noSigningKey = RandomNumberGenerator.GetBytes(SigningKey.Length);

    /// <summary>Null when the key is unknown (<paramref name="owner"/> is null) or the signature is not its.</summary>
    public CachedSigningKey? Verify(in SignatureClaim claim, in Credential credential, ReadOnlySpan<byte> stringToSign, AccessKey? owner)
    {
        Span<byte> given = stackalloc byte[SigningKey.SignatureLength];
        var isWellFormed = claim.Signature.Length == given.Length
            && Ascii.FromUtf16(claim.Signature, given, out _) == OperationStatus.Done;

        var cached = _cache.Find(claim.Credential, owner);
        if (Matches(cached?.Key ?? _noSigningKey, stringToSign, given) && isWellFormed && cached is not null) return cached;

        var key = new byte[SigningKey.Length];
        SigningKey.Derive(owner is null ? _noSecret : owner.Secret.Reveal(), credential.Date, credential.Region, credential.Service, key);
        if (!Matches(key, stringToSign, given) || !isWellFormed || owner is null) return null;

        var derived = new CachedSigningKey(owner, credential.Region.ToString(), credential.Service.ToString(), key);
        _cache.Add(claim.Credential.ToString(), derived);
        return derived;
    }

    private static bool Matches(byte[] signingKey, ReadOnlySpan<byte> stringToSign, ReadOnlySpan<byte> given)
    {
        Span<byte> expected = stackalloc byte[SigningKey.SignatureLength];
        SigningKey.Sign(signingKey, stringToSign, expected);
        return CryptographicOperations.FixedTimeEquals(expected, given);
    }
}
