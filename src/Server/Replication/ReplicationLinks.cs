using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>
/// All SQL of the links, which are the durable outbox of replication: intents are written in the transaction of the change that causes
/// them, and the bell wakes <see cref="ReplicationWorker"/> once it is committed.
/// </summary>
internal static class ReplicationLinks
{
    private const string Columns =
        "primary_arn, region, intent, since_revision, revision, kms_key_id, force_overwrite, status, status_message, attempt, due_at";

    private const string Key = "primary_arn = @arn AND region = @region";

    public static ReplicationLink? Find(Session session, string primaryArn, string region) => session.Find(
        $"SELECT {Columns} FROM replication_links WHERE {Key}", Map, ("arn", primaryArn), ("region", region));

    /// <summary>The replicas that a primary has or shall get, by region.</summary>
    public static List<ReplicationLink> Active(Session session, string primaryArn) => session.Query(
        $"SELECT {Columns} FROM replication_links WHERE primary_arn = @arn AND intent = @intent ORDER BY region",
        Map, ("arn", primaryArn), ("intent", nameof(ReplicationIntent.Apply)));

    /// <summary>
    /// What is to be delivered now, longest waiting first; of what waits equally long removals (the last in the alphabet), because another
    /// link may need the name. What is further away than any pause was written before the clock was set back.
    /// </summary>
    public static List<ReplicationLink> FindDue(Session session, DateTimeOffset now, int limit) => session.Query(
        $"SELECT {Columns} FROM replication_links WHERE due_at <= @now OR due_at > @last ORDER BY due_at, intent DESC LIMIT @limit",
        Map, ("now", now), ("last", now + Limits.ReplicationRetryDelayMax), ("limit", limit));

    /// <summary>When the next delivery is due; null when all is delivered.</summary>
    public static DateTimeOffset? NextMoment(Session session) =>
        session.Find("SELECT MIN(due_at) FROM replication_links", row => row.TimeOrNull(0));

    /// <summary>True while a replica has not got the primary's newest state and is going to: not when its region refused it.</summary>
    public static bool IsBehind(Session session, string primaryArn) => session.Find(
        "SELECT 1 FROM replication_links WHERE primary_arn = @arn AND intent = @intent AND due_at IS NOT NULL LIMIT 1",
        row => row.Number(0), ("arn", primaryArn), ("intent", nameof(ReplicationIntent.Apply))) == 1;

    /// <summary>The primary was changed: every replica has to be brought in step again. Free for a secret that has none.</summary>
    public static void Raise(Session session, string primaryArn)
    {
        var raised = session.Execute(
            """
            UPDATE replication_links
            SET revision = revision + 1, status = @status, status_message = NULL, attempt = 0, due_at = 0
            WHERE primary_arn = @arn AND intent = @intent
            """,
            ("arn", primaryArn), ("status", nameof(ReplicationStatus.InProgress)), ("intent", nameof(ReplicationIntent.Apply)));
        if (raised == 0) return;
        session.RingAfterCommit();
        FaultPoint.Reach("replication.raised-in-transaction");
    }

    /// <summary>Adds a region, or tries one again that failed. Another key begins a new link, and so does a link that had ended.</summary>
    public static void Add(Session session, string primaryArn, string region, string? kmsKeyId, bool forceOverwrite)
    {
        var known = Find(session, primaryArn, region);
        var revision = (known?.Revision ?? 0) + 1;
        var goesOn = known is { Intent: ReplicationIntent.Apply } && known.KmsKeyId == kmsKeyId;
        Write(session, new ReplicationLink
        {
            PrimaryArn = primaryArn,
            Region = region,
            Intent = ReplicationIntent.Apply,
            SinceRevision = goesOn ? known!.SinceRevision : revision,
            Revision = revision,
            KmsKeyId = kmsKeyId,
            ForceOverwrite = forceOverwrite,
            Status = ReplicationStatus.InProgress,
        });
    }

    /// <summary>The replica shall be gone.</summary>
    public static void Remove(Session session, ReplicationLink link) =>
        Write(session, link with { Intent = ReplicationIntent.Remove, Revision = link.Revision + 1, StatusMessage = null });

    /// <summary>
    /// The replica was promoted. Written in the replica's region; in another deployment than the primary's it knows no more of the link
    /// than <paramref name="revision"/>, the last one it has heard of.
    /// </summary>
    public static void Detach(Session session, string primaryArn, string region, long revision)
    {
        var link = Find(session, primaryArn, region) ?? new ReplicationLink
        {
            PrimaryArn = primaryArn,
            Region = region,
            Intent = ReplicationIntent.Detach,
            SinceRevision = revision,
            Revision = revision,
            Status = ReplicationStatus.InSync,
        };
        Write(session, link with { Intent = ReplicationIntent.Detach, StatusMessage = null });
    }

    /// <summary>
    /// What was delivered is done, unless something newer is wanted by now. Once a revision is in sync, no late word of another node
    /// changes that. A leave to overwrite is used up, also by a refusal: later attempts come by themselves and may find what is new.
    /// </summary>
    public static void Acknowledge(Session session, ReplicationLink link, ReplicationStatus status, string? message) => session.Execute(
        $"""
        UPDATE replication_links
        SET status = @status, status_message = @message, force_overwrite = 0, attempt = 0, due_at = NULL
        WHERE {Key} AND intent = @intent AND revision = @revision AND (due_at IS NOT NULL OR status <> @inSync)
        """,
        ("arn", link.PrimaryArn), ("region", link.Region), ("intent", link.Intent.ToString()), ("revision", link.Revision),
        ("status", status.ToString()), ("message", message), ("inSync", nameof(ReplicationStatus.InSync)));

    /// <summary>It did not get through: it is tried again later, unless something newer is wanted by now.</summary>
    public static void Postpone(Session session, ReplicationLink link, DateTimeOffset until) => session.Execute(
        $"UPDATE replication_links SET attempt = attempt + 1, due_at = @until WHERE {Key} AND intent = @intent AND revision = @revision",
        ("arn", link.PrimaryArn), ("region", link.Region), ("intent", link.Intent.ToString()), ("revision", link.Revision),
        ("until", until));

    /// <summary>The replica is no longer this primary's; a link that was made after <paramref name="revision"/> is another one.</summary>
    public static void End(Session session, string primaryArn, string region, long revision) => session.Execute(
        $"""
        UPDATE replication_links SET intent = @intent, status_message = NULL, attempt = 0, due_at = NULL
        WHERE {Key} AND since_revision <= @revision
        """,
        ("arn", primaryArn), ("region", region), ("revision", revision), ("intent", nameof(ReplicationIntent.Detach)));

    /// <summary>Writes a link that is to be delivered at once.</summary>
    private static void Write(Session session, ReplicationLink link)
    {
        session.Execute(
            $"""
            INSERT INTO replication_links ({Columns})
            VALUES (@arn, @region, @intent, @since, @revision, @kmsKeyId, @force, @status, @message, 0, 0)
            ON CONFLICT (primary_arn, region) DO UPDATE SET intent = excluded.intent, since_revision = excluded.since_revision,
                revision = excluded.revision, kms_key_id = excluded.kms_key_id, force_overwrite = excluded.force_overwrite,
                status = excluded.status, status_message = excluded.status_message, attempt = 0, due_at = 0
            """,
            ("arn", link.PrimaryArn), ("region", link.Region), ("intent", link.Intent.ToString()), ("since", link.SinceRevision),
            ("revision", link.Revision), ("kmsKeyId", link.KmsKeyId), ("force", link.ForceOverwrite), ("status", link.Status.ToString()),
            ("message", link.StatusMessage));
        session.RingAfterCommit();
    }

    private static ReplicationLink Map(Row row) => new()
    {
        PrimaryArn = row.Text(0),
        Region = row.Text(1),
        Intent = Enum.Parse<ReplicationIntent>(row.Text(2)),
        SinceRevision = row.Number(3),
        Revision = row.Number(4),
        KmsKeyId = row.TextOrNull(5),
        ForceOverwrite = row.Flag(6),
        Status = Enum.Parse<ReplicationStatus>(row.Text(7)),
        StatusMessage = row.TextOrNull(8),
        Attempt = checked((int)row.Number(9)),
        DueDate = row.TimeOrNull(10),
    };
}
