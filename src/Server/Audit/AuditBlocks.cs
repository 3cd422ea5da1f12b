using System.Globalization;
using Rekey.Server.Storage;

namespace Rekey.Server.Audit;

/// <summary>SQL of the blocks. Blocks and drained position are written together: a record gets into the database exactly once.</summary>
internal static class AuditBlocks
{
    public static long? FindDrained(Session session, Guid spoolId) =>
        session.Find(
            "SELECT drained_to FROM audit_spools WHERE spool_id = @id", long? (row) => row.Number(0), ("@id", spoolId.ToString("N")));

    public static bool Insert(Session session, Guid spoolId, IReadOnlyList<AuditBlock> blocks)
    {
        var id = spoolId.ToString("N");
        foreach (var block in blocks)
        {
            session.Execute(
                "INSERT INTO audit_blocks (block_id, first_at, last_at, lines) VALUES (@id, @first, @last, @lines)",
                ("@id", string.Create(CultureInfo.InvariantCulture, $"{id}-{block.Start:x16}")),
                ("@first", block.FirstAt),
                ("@last", block.LastAt),
                ("@lines", block.Lines));
        }
        session.Execute(
            """
            INSERT INTO audit_spools (spool_id, drained_to) VALUES (@id, @end)
            ON CONFLICT (spool_id) DO UPDATE SET drained_to = @end
            """,
            ("@id", id),
            ("@end", blocks[^1].End));
        return true;
    }
}
