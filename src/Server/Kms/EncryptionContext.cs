using System.Buffers.Binary;
using System.Text;

namespace Rekey.Server.Kms;

/// <summary>
/// What a sealed payload is bound to: <c>{SecretARN, SecretVersionId}</c>, the encryption context that AWS Secrets Manager uses.
/// Written as associated data in AWS's order of keys (by code point), every key and value behind its length in bytes (32 bits, network
/// order), so that no two contexts have the same bytes.
/// </summary>
internal static class EncryptionContext
{
    private static readonly Encoding s_utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    /// <summary>Bytes that <see cref="Write"/> fills.</summary>
    public static int Size(string secretArn, string versionId) =>
        PartSize("SecretARN") + PartSize(secretArn) + PartSize("SecretVersionId") + PartSize(versionId);

    public static void Write(Span<byte> target, string secretArn, string versionId)
    {
        target = WritePart(target, "SecretARN");
        target = WritePart(target, secretArn);
        target = WritePart(target, "SecretVersionId");
        WritePart(target, versionId);
    }

    private static int PartSize(string text) => sizeof(int) + s_utf8.GetByteCount(text);

    private static Span<byte> WritePart(Span<byte> target, string text)
    {
        var length = s_utf8.GetBytes(text, target[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(target, length);
        return target[(sizeof(int) + length)..];
    }
}
