using System.Security.Cryptography;
using System.Text;

namespace Rekey.Server.Kms;

/// <summary>
/// The key at the top: wraps the material of every KMS key; keys for other ends are derived from it, so that all nodes share them. Lives
/// in memory for the life of the process, in an array that the garbage collector never moves and therefore never copies.
/// </summary>
public sealed class RootKey : IDisposable
{
    public const int Size = 32;

    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const byte Version = 1;

    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
    private volatile bool _isDisposed;

    /// <param name="key">Copied: the caller zeroes its own.</param>
    internal RootKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Size) throw new ArgumentException($"A root key has {Size} bytes.", nameof(key));
        key.CopyTo(_key);
    }

    /// <summary>Tells this key from another without telling anything of the key: HMAC-SHA256 under it of a fixed text.</summary>
    internal byte[] CheckValue() => HMACSHA256.HashData(_key, "rekey root key check 1"u8);

    /// <summary>
    /// Fills a key for one purpose of this server (HKDF-SHA256, RFC 5869): the same on every node and after every start. It tells nothing
    /// of this key or of other purposes' keys.
    /// </summary>
    internal void DeriveKey(ReadOnlySpan<byte> purpose, Span<byte> key)
    {
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, key, salt: default, purpose);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
    }

    /// <summary>
    /// Seals 32 bytes of KMS key material, bound to the key's ARN: version, nonce, sealed bytes, tag. The nonce is random; a root key wraps
    /// one value per KMS key, far from the 2^32 that random 96-bit nonces allow (NIST SP 800-38D, 8.3).
    /// </summary>
    internal byte[] Wrap(string keyArn, ReadOnlySpan<byte> material)
    {
        var wrapped = new byte[1 + NonceSize + material.Length + TagSize];
        wrapped[0] = Version;
        var nonce = wrapped.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagSize);
        aes.Encrypt(nonce, material, wrapped.AsSpan(1 + NonceSize, material.Length), wrapped.AsSpan(^TagSize..), AssociatedData(keyArn));
        // Looked at after the use: nothing may stay sealed under a key that was being zeroed.
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return wrapped;
    }

    /// <summary>Opens what <see cref="Wrap"/> made for the same ARN; false when it is anything else.</summary>
    /// <param name="material">Filled; as long as the wrapped material.</param>
    internal bool TryUnwrap(string keyArn, ReadOnlySpan<byte> wrapped, Span<byte> material)
    {
        if (wrapped.Length != 1 + NonceSize + material.Length + TagSize || wrapped[0] != Version) return false;
        using var aes = new AesGcm(_key, TagSize);
        try
        {
            aes.Decrypt(wrapped.Slice(1, NonceSize), wrapped[(1 + NonceSize)..^TagSize], wrapped[^TagSize..], material,
                AssociatedData(keyArn));
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }

    private static byte[] AssociatedData(string keyArn) => [Version, .. Encoding.UTF8.GetBytes(keyArn)];
}
