namespace Rekey.Server.Kms;

/// <summary>
/// The layout of a sealed payload. All parts but the last have fixed sizes:
/// version 1 (1 byte), key id (16, a UUID in network order), salt (16), nonce of the wrapped data key (12), wrapped data key (32), its tag
/// (16), nonce of the payload (12), sealed payload, its tag (16).
/// </summary>
internal static class CiphertextBlob
{
    public const byte Version = 1;
    public const int KeyIdSize = 16;
    public const int SaltSize = 16;
    public const int NonceSize = 12;
    public const int DataKeySize = 32;
    public const int TagSize = 16;

    public const int KeyIdAt = 1;
    public const int SaltAt = KeyIdAt + KeyIdSize;
    public const int WrapNonceAt = SaltAt + SaltSize;
    public const int WrappedKeyAt = WrapNonceAt + NonceSize;
    public const int WrapTagAt = WrappedKeyAt + DataKeySize;
    public const int PayloadNonceAt = WrapTagAt + TagSize;
    public const int PayloadAt = PayloadNonceAt + NonceSize;

    /// <summary>Bytes that sealing adds to a payload.</summary>
    public const int Overhead = PayloadAt + TagSize;
}
