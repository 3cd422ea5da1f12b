using System.IO.Compression;

namespace Rekey.Server.Audit;

/// <summary>
/// Many records on their way from the spool to the database: JSON lines in the order in which they were recorded, compressed (gzip), since
/// writing seven times as much would cost more than compressing does.
/// </summary>
/// <param name="Start">Spool position of the first record.</param>
/// <param name="End">Spool position after the last record.</param>
internal sealed record AuditBlock(long Start, long End, DateTimeOffset FirstAt, DateTimeOffset LastAt, byte[] Lines)
{
    /// <summary>The next blocks that are not in the database, as many as one transaction takes; empty for none.</summary>
    /// <param name="lines">Scratch memory, so that a busy server does not ask for new memory again and again.</param>
    public static List<AuditBlock> TakeNext(SpoolFile file, MemoryStream lines)
    {
        var blocks = new List<AuditBlock>();
        var position = file.Drained;
        while (blocks.Count < Limits.AuditBlocksPerWrite && Take(file, position, lines) is { } block)
        {
            blocks.Add(block);
            position = block.End;
        }
        return blocks;
    }

    private static AuditBlock? Take(SpoolFile file, long start, MemoryStream lines)
    {
        var position = start;
        lines.SetLength(0);
        long first = long.MaxValue, last = long.MinValue;
        while (lines.Length < Limits.AuditBlockBytesMax && file.TryRead(ref position, lines, out var at))
        {
            lines.WriteByte((byte)'\n');
            first = Math.Min(first, at);
            last = Math.Max(last, at);
        }
        if (lines.Length == 0) return null;
        var firstAt = DateTimeOffset.FromUnixTimeMilliseconds(first);
        return new AuditBlock(start, position, firstAt, DateTimeOffset.FromUnixTimeMilliseconds(last), Compress(lines));
    }

    private static byte[] Compress(MemoryStream lines)
    {
        using var packed = new MemoryStream((int)lines.Length / 4);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(lines.GetBuffer(), 0, (int)lines.Length);
        return packed.ToArray();
    }
}
