using System.Collections.Immutable;
using Rekey.Server.Replication;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// All SQL for secrets, their versions and labels. Each method is one or two statements in the caller's transaction and checks no rule:
/// operations decide, this writes. Every change touches the secret in the session, so that no cache keeps what it was.
/// </summary>
internal static class SecretStore
{
    private const string InsertSecret = """
        INSERT INTO secrets (arn, account, region, name, description, kms_key_id, kms_key_arn, type, tags, created_at, last_changed_at,
            deleted_at, purge_at, rotation_enabled, rotation_lambda_arn, rotation_days, rotation_schedule, rotation_duration,
            last_rotated_at, next_rotation_at, rotation_due_at, primary_region, resource_policy)
        VALUES (@arn, @account, @region, @name, @description, @kmsKeyId, @kmsKeyArn, @type, @tags, @createdAt, @lastChangedAt,
            @deletedAt, @purgeAt, @rotationEnabled, @rotationLambdaArn, @rotationDays, @rotationSchedule, @rotationDuration,
            @lastRotatedAt, @nextRotationAt, @rotationDueAt, @primaryRegion, @resourcePolicy)
        """;

    private const string UpdateSecret = """
        UPDATE secrets SET description = @description, kms_key_id = @kmsKeyId, kms_key_arn = @kmsKeyArn, type = @type, tags = @tags,
            last_changed_at = @lastChangedAt, deleted_at = @deletedAt, purge_at = @purgeAt, rotation_enabled = @rotationEnabled,
            rotation_lambda_arn = @rotationLambdaArn, rotation_days = @rotationDays, rotation_schedule = @rotationSchedule,
            rotation_duration = @rotationDuration, last_rotated_at = @lastRotatedAt, next_rotation_at = @nextRotationAt,
            rotation_due_at = @rotationDueAt, primary_region = @primaryRegion, resource_policy = @resourcePolicy
        WHERE arn = @arn
        """;

    /// <summary>
    /// The secret that a name, ARN or partial ARN means in one region, with its versions, or null. A name is looked up in
    /// <paramref name="account"/>, an ARN in its own account; an ARN of another region is not found.
    /// Throws ValidationException for a malformed identifier.
    /// </summary>
    public static Secret? Find(Session session, string account, string region, string secretId) =>
        Find(session, account, region, SecretIdentifier.Parse(secretId));

    /// <inheritdoc cref="Find(Session, string, string, string)"/>
    public static Secret? Find(Session session, string account, string region, SecretIdentifier id)
    {
        if (id.Arn is { } arn && arn.Region != region) return null;
        if (id.Name is null) return FindByArn(session, id.Text);
        var secret = FindByName(session, id.Arn?.Account ?? account, region, id.Name);
        // A partial ARN must agree in every part that it names, the partition too.
        return id.Arn is null || secret is null || secret.Arn.StartsWith(id.Text, StringComparison.Ordinal) ? secret : null;
    }

    public static Secret? FindByArn(Session session, string arn) =>
        WithVersions(session, session.Find($"SELECT {SecretRow.Columns} FROM secrets WHERE arn = @arn", SecretRow.Read, ("arn", arn)));

    /// <summary>A name belongs to one secret of the account and region, also while that is scheduled for deletion.</summary>
    public static Secret? FindByName(Session session, string account, string region, string name) => WithVersions(session, session.Find(
        $"SELECT {SecretRow.Columns} FROM secrets WHERE account = @account AND region = @region AND name = @name",
        SecretRow.Read, ("account", account), ("region", region), ("name", name)));

    /// <summary>Writes the secret's own row; versions follow by <see cref="InsertVersion"/>.</summary>
    public static void Insert(Session session, Secret secret)
    {
        // What is new has no replica yet that could miss something.
        session.Mark(secret.Arn);
        Touch(session, secret.Arn);
        session.Execute(InsertSecret, [.. SecretRow.Identity(secret), .. SecretRow.Values(secret)]);
    }

    /// <summary>
    /// Writes the secret's own row: everything but its identity, its creation date and its access day, which only
    /// <see cref="MarkAccessed"/> moves.
    /// </summary>
    public static void Update(Session session, Secret secret)
    {
        Touch(session, secret.Arn);
        session.Execute(UpdateSecret, SecretRow.Values(secret));
    }

    /// <summary>Adds a version without labels. A null ciphertext makes a rotation's placeholder.</summary>
    public static void InsertVersion(Session session, string arn, SecretVersion version, byte[]? ciphertext)
    {
        Touch(session, arn);
        session.Execute(
            """
            INSERT INTO secret_versions (arn, version_id, created_at, sequence, kms_key_arn, ciphertext)
            VALUES (@arn, @versionId, @createdAt, @sequence, @kmsKeyArn, @ciphertext)
            """,
            ("arn", arn), ("versionId", version.VersionId), ("createdAt", version.CreatedDate), ("sequence", version.Sequence),
            ("kmsKeyArn", version.KmsKeyArn), ("ciphertext", ciphertext));
    }

    /// <summary>Gives a placeholder its value, or a version its value sealed anew.</summary>
    public static void SetPayload(Session session, string arn, string versionId, string kmsKeyArn, byte[] ciphertext)
    {
        Touch(session, arn);
        session.Execute(
            "UPDATE secret_versions SET kms_key_arn = @kmsKeyArn, ciphertext = @ciphertext WHERE arn = @arn AND version_id = @versionId",
            ("arn", arn), ("versionId", versionId), ("kmsKeyArn", kmsKeyArn), ("ciphertext", ciphertext));
    }

    /// <summary>Makes a version a placeholder again: its value was of no use.</summary>
    public static void ClearPayload(Session session, string arn, string versionId)
    {
        Touch(session, arn);
        session.Execute(
            "UPDATE secret_versions SET kms_key_arn = NULL, ciphertext = NULL WHERE arn = @arn AND version_id = @versionId",
            ("arn", arn), ("versionId", versionId));
    }

    /// <summary>The sealed payload, or null for a placeholder or an unknown version.</summary>
    public static byte[]? ReadPayload(Session session, string arn, string versionId) => session.Find(
        "SELECT ciphertext FROM secret_versions WHERE arn = @arn AND version_id = @versionId",
        row => row.BytesOrNull(0), ("arn", arn), ("versionId", versionId));

    /// <summary>Stores a label move: removes, adds and moves what differs, in the order of each version's labels.</summary>
    public static void WriteLabels(Session session, string arn, StagingLabels before, StagingLabels after)
    {
        Touch(session, arn);
        foreach (var (label, _) in before.Attachments)
        {
            if (after.VersionOf(label) is null)
                session.Execute("DELETE FROM secret_labels WHERE arn = @arn AND label = @label", ("arn", arn), ("label", label));
        }
        foreach (var versionId in after.Attachments.Select(attachment => attachment.VersionId).Distinct())
        {
            var (known, wanted) = (before.LabelsOf(versionId), after.LabelsOf(versionId));
            foreach (var label in wanted.Skip(InOrder(known, wanted))) WriteLabel(session, arn, label, versionId);
        }
    }

    /// <summary>Removes a version, its value and its labels.</summary>
    public static void DeleteVersion(Session session, string arn, string versionId)
    {
        Touch(session, arn);
        session.Execute("DELETE FROM secret_labels WHERE arn = @arn AND version_id = @versionId", ("arn", arn), ("versionId", versionId));
        session.Execute("DELETE FROM secret_versions WHERE arn = @arn AND version_id = @versionId", ("arn", arn), ("versionId", versionId));
    }

    /// <summary>
    /// Notes that a version was read on a day (00:00 UTC). An earlier day changes nothing. The day is no part of any value, so caches keep
    /// theirs.
    /// </summary>
    public static void MarkAccessed(Session session, string arn, string versionId, DateTimeOffset day)
    {
        session.Execute(
            """
            UPDATE secret_versions SET last_accessed_day = @day
            WHERE arn = @arn AND version_id = @versionId AND (last_accessed_day IS NULL OR last_accessed_day < @day)
            """,
            ("arn", arn), ("versionId", versionId), ("day", day));
        session.Execute(
            "UPDATE secrets SET last_accessed_day = @day WHERE arn = @arn AND (last_accessed_day IS NULL OR last_accessed_day < @day)",
            ("arn", arn), ("day", day));
    }

    /// <summary>The day on which a replica was last read; null also when there is none.</summary>
    public static DateTimeOffset? ReplicaAccessDay(Session session, string replicaArn, string primaryRegion) => session.Find(
        "SELECT last_accessed_day FROM secrets WHERE arn = @arn AND primary_region = @primaryRegion",
        row => row.TimeOrNull(0), ("arn", replicaArn), ("primaryRegion", primaryRegion));

    /// <summary>ARNs of secrets whose recovery window is over, longest over first.</summary>
    public static List<string> FindDueForPurge(Session session, DateTimeOffset now, int limit) => session.Query(
        "SELECT arn FROM secrets WHERE purge_at <= @now ORDER BY purge_at LIMIT @limit",
        row => row.Text(0), ("now", now), ("limit", limit));

    /// <summary>When the next recovery window is over; null when no deletion is scheduled.</summary>
    public static DateTimeOffset? NextPurge(Session session) =>
        session.Find("SELECT MIN(purge_at) FROM secrets", row => row.TimeOrNull(0));

    /// <summary>How many secrets there are, those scheduled for deletion included.</summary>
    public static long Count(Session session, string account, string region) => session.Find(
        "SELECT COUNT(*) FROM secrets WHERE account = @account AND region = @region",
        row => row.Number(0), ("account", account), ("region", region));

    /// <summary>
    /// Removes every trace of a secret but its audit records and the numbers of its replication, by which a late copy is known as such.
    /// </summary>
    public static void Purge(Session session, string arn)
    {
        Touch(session, arn);
        session.Execute("DELETE FROM secret_labels WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM secret_versions WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM rotations WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM rotation_events WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM rotation_configurations WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM rotation_principals WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM rotation_slots WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM rotation_upkeep WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM login_decisions WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM login_waits WHERE arn = @arn", ("arn", arn));
        session.Execute("DELETE FROM secrets WHERE arn = @arn", ("arn", arn));
    }

    /// <summary>
    /// Caches forget the secret and its replicas are told, here, where no operation can leave it out. Once in a transaction is enough for
    /// replicas, and for a secret that was read as one without replicas nothing is asked.
    /// </summary>
    private static void Touch(Session session, string arn)
    {
        session.Touch(SecretIdentifier.CacheKeyOf(arn));
        if (session.IsFirst(arn)) ReplicationLinks.Raise(session, arn);
    }

    /// <summary>How many of the wanted labels, from the first on, lie in order already: what is written lands behind them.</summary>
    private static int InOrder(ImmutableArray<string> known, ImmutableArray<string> wanted)
    {
        var (count, next) = (0, 0);
        for (; count < wanted.Length; count++)
        {
            var place = known.AsSpan(next..).IndexOf(wanted[count]);
            if (place < 0) break;
            next += place + 1;
        }
        return count;
    }

    private static void WriteLabel(Session session, string arn, string label, string versionId) => session.Execute(
        """
        INSERT INTO secret_labels (arn, label, version_id, position)
        VALUES (@arn, @label, @versionId, (SELECT COALESCE(MAX(position), 0) + 1 FROM secret_labels WHERE arn = @arn))
        ON CONFLICT (arn, label) DO UPDATE SET version_id = excluded.version_id, position = excluded.position
        """,
        ("arn", arn), ("label", label), ("versionId", versionId));

    private static Secret? WithVersions(Session session, Secret? secret)
    {
        if (secret is null) return null;
        if (!secret.HasReplicas) session.Mark(secret.Arn);
        var labels = session.Query(
            "SELECT version_id, label FROM secret_labels WHERE arn = @arn ORDER BY position",
            row => (VersionId: row.Text(0), Label: row.Text(1)), ("arn", secret.Arn)).ToLookup(pair => pair.VersionId, pair => pair.Label);
        var versions = session.Query(
            $"SELECT {SecretRow.VersionColumns} FROM secret_versions WHERE arn = @arn ORDER BY sequence",
            SecretRow.ReadVersion, ("arn", secret.Arn));
        return secret with { Versions = [.. versions.Select(version => version with { Stages = [.. labels[version.VersionId]] })] };
    }
}
