namespace Rekey.Server.Audit;

/// <summary>Many records on their way from the spool to the database: JSON lines in the order in which they were recorded.</summary>
/// <param name="Start">Spool position of the first record.</param>
/// <param name="End">Spool position after the last record.</param>
internal sealed record AuditBlock(long Start, long End, DateTimeOffset FirstAt, DateTimeOffset LastAt, byte[] Lines)
{
    /// <summary>The next records that are not in the database, <see cref="Limits.AuditBlockBytesMax"/> at most; null for none.</summary>
    public static AuditBlock? Take(SpoolFile file)
    {
        var start = file.Drained;
        var position = start;
        var lines = new MemoryStream();
        long first = long.MaxValue, last = long.MinValue;
        while (lines.Length < Limits.AuditBlockBytesMax && file.TryRead(ref position, lines, out var at))
        {
            lines.WriteByte((byte)'\n');
            first = Math.Min(first, at);
            last = Math.Max(last, at);
        }
        if (lines.Length == 0) return null;
        var firstAt = DateTimeOffset.FromUnixTimeMilliseconds(first);
        return new AuditBlock(start, position, firstAt, DateTimeOffset.FromUnixTimeMilliseconds(last), lines.ToArray());
    }
}
