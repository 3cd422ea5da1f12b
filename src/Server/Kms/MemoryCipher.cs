using System.Security.Cryptography;
using Rekey.Aws;

namespace Rekey.Server.Kms;

/// <summary>
/// Seals payloads that this process keeps in memory, under a key that it makes when it starts and shows to nobody: what was opened once
/// need not lie there in the clear to be answered again quickly. Opening costs a fifth of an envelope's opening, since nothing is derived
/// and each thread keeps its cipher. AES-256-GCM; nonces are counted, so none comes twice under the key.
/// </summary>
internal sealed class MemoryCipher : IDisposable
{
    private const int KeySize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    /// <summary>Bytes that sealing adds: nonce and tag.</summary>
    public const int Overhead = NonceSize + TagSize;

    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(KeySize, pinned: true);
    private readonly ThreadLocal<AesGcm> _ciphers;
    private long _sealed;

    public MemoryCipher()
    {
        RandomNumberGenerator.Fill(_key);
        _ciphers = new ThreadLocal<AesGcm>(() => new AesGcm(_key, TagSize));
    }

    public byte[] Seal(ReadOnlySpan<byte> payload)
    {
        var kept = new byte[payload.Length + Overhead];
        BitConverter.TryWriteBytes(kept, Interlocked.Increment(ref _sealed));
        _ciphers.Value!.Encrypt(kept.AsSpan(0, NonceSize), payload, kept.AsSpan(NonceSize, payload.Length), kept.AsSpan(^TagSize..));
        return kept;
    }

    /// <summary>Opens what <see cref="Seal"/> of this instance made; anything else is a fault of ours.</summary>
    /// <exception cref="AuthenticationTagMismatchException">It is something else.</exception>
    public Sensitive Open(ReadOnlySpan<byte> kept)
    {
        var payload = new byte[kept.Length - Overhead];
        _ciphers.Value!.Decrypt(kept[..NonceSize], kept[NonceSize..^TagSize], kept[^TagSize..], payload);
        return new Sensitive(payload);
    }

    public void Dispose()
    {
        _ciphers.Dispose();
        CryptographicOperations.ZeroMemory(_key);
    }
}
