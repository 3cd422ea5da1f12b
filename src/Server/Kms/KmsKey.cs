using System.Security.Cryptography;
using Rekey.Aws;

namespace Rekey.Server.Kms;

/// <summary>A KMS key with its material in the clear: in memory only, in an array that the garbage collector never moves.</summary>
internal sealed class KmsKey : IDisposable
{
    public const int MaterialSize = 32;

    private readonly byte[] _material = GC.AllocateUninitializedArray<byte>(MaterialSize, pinned: true);
    private volatile bool _isDisposed;

    public KmsKey(Guid id, string arn, ReadOnlySpan<byte> material)
    {
        Id = id;
        Arn = arn;
        material.CopyTo(_material);
    }

    public Guid Id { get; }

    public string Arn { get; }

    /// <summary>
    /// The key that wraps one data key: HMAC-SHA256 of a random salt under the material. A wrapping key of its own for every data key
    /// takes away the bound of 2^32 uses that random 96-bit nonces put on a key (NIST SP 800-38D, 8.3): a KMS key may seal any number of
    /// versions, also when a restored snapshot of the machine has forgotten how many it sealed.
    /// </summary>
    public void DeriveWrappingKey(ReadOnlySpan<byte> salt, Span<byte> wrappingKey)
    {
        var label = "rekey data key 1"u8;
        Span<byte> input = stackalloc byte[label.Length + CiphertextBlob.SaltSize];
        label.CopyTo(input);
        salt.CopyTo(input[label.Length..]);
        HMACSHA256.HashData(_material, input, wrappingKey);
        // Looked at after the use: what was derived while the material was being zeroed must seal nothing.
        ObjectDisposedException.ThrowIf(_isDisposed, this);
    }

    /// <summary>A random UUID (version 4, RFC 9562).</summary>
    public static Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x40);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    public static string FormatArn(string account, string region, Guid id) =>
        new Arn("aws", "kms", region, account, $"key/{id:D}").ToString();

    /// <summary>False unless the text is the ARN of a key: <c>arn:aws:kms:region:account:key/uuid</c>.</summary>
    public static bool TryParseArn(string text, out Guid id)
    {
        id = default;
        return Aws.Arn.TryParse(text, out var arn)
            && arn.Service == "kms"
            && arn.Resource.StartsWith("key/", StringComparison.Ordinal)
            && Guid.TryParseExact(arn.Resource.AsSpan(4), "D", out id);
    }

    public void Dispose()
    {
        _isDisposed = true;
        CryptographicOperations.ZeroMemory(_material);
    }
}
