using System.Security.Cryptography;
using Rekey.Aws;

namespace Rekey.Server.Kms;

/// <summary>
/// Seals a secret version's payload: a KMS key wraps one fresh AES-256-GCM data key per call, the data key seals the payload, both bound to
/// the secret's ARN, the version id and the blob's header. A blob put under another version, secret or row does not open.
/// </summary>
public sealed class EnvelopeCipher
{
    private const int StackBytes = 1024;

    private readonly KmsKeyStore _keys;

    internal EnvelopeCipher(KmsKeyStore keys) => _keys = keys;

    /// <summary>Seals a payload. The same payload never gives the same blob twice.</summary>
    /// <param name="kmsKeyArn">The key to wrap with, as <see cref="KmsKeyStore"/> named it.</param>
    /// <param name="secretArn">Full ARN of the secret.</param>
    /// <param name="versionId">The version that the payload belongs to.</param>
    /// <param name="payload">Any bytes; stays the caller's to zero.</param>
    /// <exception cref="ServiceException">EncryptionFailure: the key is unknown or unusable.</exception>
    public byte[] Seal(string kmsKeyArn, string secretArn, string versionId, ReadOnlySpan<byte> payload)
    {
        var key = _keys.FindByArn(kmsKeyArn) ?? throw KmsErrors.EncryptionFailure();
        var blob = new byte[CiphertextBlob.Overhead + payload.Length];
        blob[0] = CiphertextBlob.Version;
        key.Id.TryWriteBytes(blob.AsSpan(CiphertextBlob.KeyIdAt), bigEndian: true, out _);
        RandomNumberGenerator.Fill(blob.AsSpan(CiphertextBlob.SaltAt, CiphertextBlob.SaltSize + CiphertextBlob.NonceSize));
        RandomNumberGenerator.Fill(blob.AsSpan(CiphertextBlob.PayloadNonceAt, CiphertextBlob.NonceSize));

        var contextSize = EncryptionContext.Size(secretArn, versionId);
        var dataSize = contextSize + CiphertextBlob.PayloadAt;
        var associatedData = dataSize <= StackBytes ? stackalloc byte[StackBytes] : new byte[dataSize];
        EncryptionContext.Write(associatedData, secretArn, versionId);
        Span<byte> dataKey = stackalloc byte[CiphertextBlob.DataKeySize];
        RandomNumberGenerator.Fill(dataKey);
        try
        {
            using (var wrap = WrappingCipher(key, blob))
                wrap.Encrypt(WrapNonce(blob), dataKey, blob.AsSpan(CiphertextBlob.WrappedKeyAt, CiphertextBlob.DataKeySize),
                    blob.AsSpan(CiphertextBlob.WrapTagAt, CiphertextBlob.TagSize),
                    BindHeader(associatedData, contextSize, blob, CiphertextBlob.WrappedKeyAt));
            using var seal = new AesGcm(dataKey, CiphertextBlob.TagSize);
            seal.Encrypt(PayloadNonce(blob), payload, blob.AsSpan(CiphertextBlob.PayloadAt, payload.Length),
                blob.AsSpan(^CiphertextBlob.TagSize..), BindHeader(associatedData, contextSize, blob, CiphertextBlob.PayloadAt));
            return blob;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    /// <summary>Opens what <see cref="Seal"/> made for the same secret and version.</summary>
    /// <exception cref="ServiceException">DecryptionFailure, with one text for every cause: the blob is another version's or secret's, was
    /// changed or cut, or its key is unknown.</exception>
    public Sensitive Open(string secretArn, string versionId, ReadOnlySpan<byte> blob)
    {
        if (blob.Length < CiphertextBlob.Overhead || blob[0] != CiphertextBlob.Version) throw KmsErrors.DecryptionFailure();
        var keyId = new Guid(blob.Slice(CiphertextBlob.KeyIdAt, CiphertextBlob.KeyIdSize), bigEndian: true);
        var key = _keys.FindById(keyId) ?? throw KmsErrors.DecryptionFailure();

        var contextSize = EncryptionContext.Size(secretArn, versionId);
        var dataSize = contextSize + CiphertextBlob.PayloadAt;
        var associatedData = dataSize <= StackBytes ? stackalloc byte[StackBytes] : new byte[dataSize];
        EncryptionContext.Write(associatedData, secretArn, versionId);
        Span<byte> dataKey = stackalloc byte[CiphertextBlob.DataKeySize];
        var payload = new byte[blob.Length - CiphertextBlob.Overhead];
        try
        {
            using (var unwrap = WrappingCipher(key, blob))
                unwrap.Decrypt(WrapNonce(blob), blob.Slice(CiphertextBlob.WrappedKeyAt, CiphertextBlob.DataKeySize),
                    blob.Slice(CiphertextBlob.WrapTagAt, CiphertextBlob.TagSize), dataKey,
                    BindHeader(associatedData, contextSize, blob, CiphertextBlob.WrappedKeyAt));
            using var open = new AesGcm(dataKey, CiphertextBlob.TagSize);
            open.Decrypt(PayloadNonce(blob), blob[CiphertextBlob.PayloadAt..^CiphertextBlob.TagSize],
                blob[^CiphertextBlob.TagSize..], payload, BindHeader(associatedData, contextSize, blob, CiphertextBlob.PayloadAt));
            return new Sensitive(payload);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw KmsErrors.DecryptionFailure();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    private static AesGcm WrappingCipher(KmsKey key, ReadOnlySpan<byte> blob)
    {
        Span<byte> wrappingKey = stackalloc byte[CiphertextBlob.DataKeySize];
        key.DeriveWrappingKey(blob.Slice(CiphertextBlob.SaltAt, CiphertextBlob.SaltSize), wrappingKey);
        var cipher = new AesGcm(wrappingKey, CiphertextBlob.TagSize);
        CryptographicOperations.ZeroMemory(wrappingKey);
        return cipher;
    }

    /// <summary>The context, already in place, followed by the blob up to <paramref name="headerSize"/>.</summary>
    private static ReadOnlySpan<byte> BindHeader(Span<byte> associatedData, int contextSize, ReadOnlySpan<byte> blob, int headerSize)
    {
        blob[..headerSize].CopyTo(associatedData[contextSize..]);
        return associatedData[..(contextSize + headerSize)];
    }

    private static ReadOnlySpan<byte> WrapNonce(ReadOnlySpan<byte> blob) =>
        blob.Slice(CiphertextBlob.WrapNonceAt, CiphertextBlob.NonceSize);

    private static ReadOnlySpan<byte> PayloadNonce(ReadOnlySpan<byte> blob) =>
        blob.Slice(CiphertextBlob.PayloadNonceAt, CiphertextBlob.NonceSize);
}
