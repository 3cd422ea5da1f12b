using System.Collections.Immutable;
using System.Text.Json;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>How a secret and a version lie in their tables: columns, and the mapping both ways.</summary>
internal static class SecretRow
{
    public const string Columns = """
        arn, account, region, name, description, kms_key_id, kms_key_arn, type, tags, created_at, last_changed_at, last_accessed_day,
        deleted_at, purge_at, rotation_enabled, rotation_lambda_arn, rotation_days, rotation_schedule, rotation_duration, last_rotated_at,
        next_rotation_at, rotation_due_at, primary_region, resource_policy
        """;

    public const string VersionColumns = "version_id, created_at, sequence, last_accessed_day, kms_key_arn";

    public static Secret Read(Row row) => new()
    {
        Arn = row.Text(0),
        Account = row.Text(1),
        Region = row.Text(2),
        Name = row.Text(3),
        Description = row.TextOrNull(4),
        KmsKeyId = row.TextOrNull(5),
        KmsKeyArn = row.Text(6),
        Type = row.TextOrNull(7),
        Tags = ReadTags(row.TextOrNull(8)),
        CreatedDate = row.Time(9),
        LastChangedDate = row.Time(10),
        LastAccessedDate = row.TimeOrNull(11),
        DeletedDate = row.TimeOrNull(12),
        PurgeDate = row.TimeOrNull(13),
        RotationEnabled = row.FlagOrNull(14),
        RotationLambdaArn = row.TextOrNull(15),
        RotationRules = ReadRules(row.NumberOrNull(16), row.TextOrNull(17), row.TextOrNull(18)),
        LastRotatedDate = row.TimeOrNull(19),
        NextRotationDate = row.TimeOrNull(20),
        RotationDueDate = row.TimeOrNull(21),
        PrimaryRegion = row.TextOrNull(22),
        ResourcePolicy = row.TextOrNull(23),
    };

    public static SecretVersion ReadVersion(Row row) => new()
    {
        VersionId = row.Text(0),
        CreatedDate = row.Time(1),
        Sequence = row.Number(2),
        LastAccessedDate = row.TimeOrNull(3),
        KmsKeyArn = row.TextOrNull(4),
    };

    public static (string Name, object? Value)[] Identity(Secret secret) =>
        [("account", secret.Account), ("region", secret.Region), ("name", secret.Name), ("createdAt", secret.CreatedDate)];

    public static (string Name, object? Value)[] Values(Secret secret) =>
    [
        ("arn", secret.Arn),
        ("description", secret.Description),
        ("kmsKeyId", secret.KmsKeyId),
        ("kmsKeyArn", secret.KmsKeyArn),
        ("type", secret.Type),
        ("tags", WriteTags(secret.Tags)),
        ("lastChangedAt", secret.LastChangedDate),
        ("deletedAt", secret.DeletedDate),
        ("purgeAt", secret.PurgeDate),
        ("rotationEnabled", secret.RotationEnabled),
        ("rotationLambdaArn", secret.RotationLambdaArn),
        ("rotationDays", secret.RotationRules?.AutomaticallyAfterDays),
        ("rotationSchedule", secret.RotationRules?.ScheduleExpression),
        ("rotationDuration", secret.RotationRules?.Duration),
        ("lastRotatedAt", secret.LastRotatedDate),
        ("nextRotationAt", secret.NextRotationDate),
        // Whoever writes it: two regions that rotate one password would lock each other out.
        ("rotationDueAt", secret.IsReplica ? null : secret.RotationDueDate),
        ("primaryRegion", secret.PrimaryRegion),
        ("resourcePolicy", secret.ResourcePolicy),
    ];

    private static RotationRules? ReadRules(long? days, string? schedule, string? duration) =>
        days is null && schedule is null && duration is null ? null : new RotationRules(days, duration, schedule);

    private static ImmutableArray<Tag>? ReadTags(string? json)
    {
        if (json is null) return null;
        var pairs = JsonSerializer.Deserialize(json, SecretRowJson.Default.StringArrayArray)!;
        return [.. pairs.Select(pair => new Tag(pair[0], pair[1]))];
    }

    private static string? WriteTags(ImmutableArray<Tag>? tags) => tags is null
        ? null
        : JsonSerializer.Serialize([.. tags.Value.Select(tag => (string[])[tag.Key, tag.Value])], SecretRowJson.Default.StringArrayArray);
}
