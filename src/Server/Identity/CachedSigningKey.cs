using System.Security.Cryptography;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Identity;

/// <summary>
/// A signing key that has verified a signature, with the names of its scope. It keeps one keyed HMAC between uses, which halves the cost
/// of a signature; whoever finds it taken makes another.
/// </summary>
internal sealed class CachedSigningKey(AccessKey owner, string region, string service, byte[] key)
{
    private IncrementalHash? _idle;

    public AccessKey Owner { get; } = owner;

    public string Region { get; } = region;

    public string Service { get; } = service;

    /// <summary>Writes <see cref="SigningKey.SignatureLength"/> characters.</summary>
    public void Sign(ReadOnlySpan<byte> text, Span<byte> signature)
    {
        var hmac = Interlocked.Exchange(ref _idle, null) ?? IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        Span<byte> mac = stackalloc byte[SigningKey.Length];
        hmac.AppendData(text);
        hmac.GetHashAndReset(mac);
        Interlocked.Exchange(ref _idle, hmac)?.Dispose();
        Convert.TryToHexStringLower(mac, signature, out _);
    }
}
