using System.Security.Cryptography;

namespace Rekey.Aws.SigV4;

/// <summary>
/// The key derived from a secret access key for one day, region and service, by four HMACs. Whoever has it can sign for that scope only.
/// </summary>
public static class SigningKey
{
    /// <summary>Bytes of a signing key.</summary>
    public const int Length = 32;

    /// <summary>Length of a signature: lower-case hexadecimal characters.</summary>
    public const int SignatureLength = 64;

    public static void Derive(
        ReadOnlySpan<byte> secretAccessKey, ReadOnlySpan<char> date, ReadOnlySpan<char> region, ReadOnlySpan<char> service,
        Span<byte> destination)
    {
        var seed = new ByteWriter(stackalloc byte[64]);
        try
        {
            seed.Append("AWS4"u8);
            seed.Append(secretAccessKey);
            Step(seed.Written, date, destination);
        }
        finally
        {
            seed.Dispose();
        }

        Step(destination[..Length], region, destination);
        Step(destination[..Length], service, destination);
        Step(destination[..Length], SignatureNames.Terminator, destination);
    }

    /// <summary>Signs <paramref name="text"/>; writes <see cref="SignatureLength"/> characters.</summary>
    public static void Sign(ReadOnlySpan<byte> signingKey, ReadOnlySpan<byte> text, Span<byte> signature)
    {
        Span<byte> mac = stackalloc byte[Length];
        HMACSHA256.HashData(signingKey, text, mac);
        Convert.TryToHexStringLower(mac, signature, out _);
    }

    private static void Step(ReadOnlySpan<byte> key, ReadOnlySpan<char> text, Span<byte> destination)
    {
        var bytes = new ByteWriter(stackalloc byte[64]);
        try
        {
            bytes.AppendUtf8(text);
            Span<byte> next = stackalloc byte[Length];
            HMACSHA256.HashData(key, bytes.Written, next);
            next.CopyTo(destination);
            CryptographicOperations.ZeroMemory(next);
        }
        finally
        {
            bytes.Dispose();
        }
    }
}
