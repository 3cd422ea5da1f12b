using System.Buffers;
using System.Text;

namespace Rekey.Rotators;

/// <summary>
/// SASLprep (RFC 4013), which SCRAM-SHA-256 runs passwords through. This runtime carries no Unicode tables to do the same, so only texts
/// that it leaves as they are can be told.
/// </summary>
internal static class SaslPrep
{
    /// <summary>
    /// Letters and signs outside ASCII that SASLprep leaves as they are, alone and beside each other: not mapped, equal to their NFKC form,
    /// not joined with a neighbour. Far from all such characters, but those that people type.
    /// </summary>
    private static readonly (int First, int Last)[] Stable =
    [
        (0x00A1, 0x00A7), (0x00A9, 0x00A9), (0x00AB, 0x00AC), (0x00AE, 0x00AE), (0x00B0, 0x00B1), (0x00B6, 0x00B7), (0x00BB, 0x00BB),
        (0x00BF, 0x0131), (0x014A, 0x017E), (0x0180, 0x01C3),
        (0x0391, 0x03A1), (0x03A3, 0x03CE),
        (0x0400, 0x0482), (0x048A, 0x04FF),
        (0x20AC, 0x20AC),
        (0x3041, 0x3094), (0x30A1, 0x30FA),
        (0x4E00, 0x9FA5),
        (0xAC00, 0xD7A3),
    ];

    /// <summary>Why the text may come out changed; null when it does not.</summary>
    public static string? Doubt(ReadOnlySpan<byte> utf8)
    {
        for (var rest = utf8; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf8(rest, out var rune, out var length) != OperationStatus.Done) return "it is not UTF-8";
            if (!rune.IsAscii && !Stable.Any(range => rune.Value >= range.First && rune.Value <= range.Last))
                return "it holds a character outside ASCII that not all clients send alike";
            rest = rest[length..];
        }
        return null;
    }
}
