using System.Security.Cryptography;

namespace Rekey.Server.Protocols;

/// <summary>Random UUIDs (RFC 9562, version 4) as text, drawn from a block of random bytes per thread.</summary>
internal static class RequestIds
{
    private const int UuidBytes = 16;
    private const int BlockBytes = UuidBytes * 64;

    [ThreadStatic]
    private static byte[]? t_block;

    [ThreadStatic]
    private static int t_used;

    /// <summary>A new UUID: 36 characters, lower case, with hyphens.</summary>
    public static string New()
    {
        var block = t_block;
        if (block is null || t_used == BlockBytes)
        {
            block = t_block ??= new byte[BlockBytes];
            RandomNumberGenerator.Fill(block);
            t_used = 0;
        }
        var bytes = block.AsSpan(t_used, UuidBytes);
        t_used += UuidBytes;
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D");
    }
}
