using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators.Postgres;

/// <summary>Which passwords can be set so that every client logs in with them.</summary>
internal static class PlainPassword
{
    /// <summary>
    /// Letters and signs outside ASCII that SASLprep (RFC 4013) leaves as they are, alone and beside each other: not mapped, equal to
    /// their NFKC form, not joined with a neighbour. Far from all such characters, but those that people type.
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

    /// <summary>The password's bytes. Refuses what the server would read as "no password" and what the protocol cannot carry.</summary>
    public static ReadOnlySpan<byte> Demand(Sensitive password)
    {
        var bytes = password.Reveal();
        if (bytes.IsEmpty) throw Refused("it is empty");
        if (bytes.Contains((byte)0)) throw Refused("it holds a NUL character");
        return bytes;
    }

    /// <summary>
    /// The bytes that SCRAM hashes. The server and its clients run a password through SASLprep first; this runtime carries no Unicode
    /// tables to do the same, so a password that SASLprep might change is refused rather than stored in a form that some clients miss.
    /// </summary>
    public static ReadOnlySpan<byte> ForScram(Sensitive password)
    {
        var bytes = Demand(password);
        for (var rest = bytes; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf8(rest, out var rune, out var length) != System.Buffers.OperationStatus.Done)
                throw Refused("it is not UTF-8");
            if (!rune.IsAscii && !Stable.Any(range => rune.Value >= range.First && rune.Value <= range.Last))
                throw Refused("it holds a character outside ASCII that not all clients send alike");
            rest = rest[length..];
        }
        return bytes;
    }

    private static RotatorException Refused(string reason) =>
        new(FailureCause.Precondition, $"This password cannot be set on PostgreSQL: {reason}. Use printable ASCII characters.");
}
