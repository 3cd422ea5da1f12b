using System.Collections.Immutable;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// GetSecretValue's one read: secret, version, payload and labels in one statement. A secret with a policy is read whole besides, in the
/// same snapshot, because conditions may ask for its tags and its rotation function.
/// </summary>
internal static class SealedValueQuery
{
    private const string Select = """
        SELECT s.arn, s.name, s.deleted_at, v.version_id, v.created_at, v.last_accessed_day, v.ciphertext, l.label,
            CASE WHEN s.resource_policy IS NOT NULL THEN 1 END
        FROM secrets s
        LEFT JOIN secret_versions v ON v.arn = s.arn AND v.version_id =
        """;

    private const string Labels = " LEFT JOIN secret_labels l ON l.arn = v.arn AND l.version_id = v.version_id WHERE ";
    private const string VersionByLabel = " (SELECT c.version_id FROM secret_labels c WHERE c.arn = s.arn AND c.label = @version)";
    private const string VersionById = " @version";
    private const string SecretByName = "s.account = @account AND s.region = @region AND s.name = @name ORDER BY l.position";
    private const string SecretByArn = "s.arn = @arn ORDER BY l.position";

    /// <summary>
    /// What GetSecretValue finds, or null when there is no such secret. Its VersionId is null when the secret has no such version.
    /// </summary>
    /// <param name="versionId">The version to find; null: the one with the label.</param>
    /// <param name="stage">The label to find the version by when no version is given.</param>
    public static SealedValue? Find(Session session, string account, string region, SecretIdentifier id, string? versionId, string? stage)
    {
        if (id.Arn is { } arn && arn.Region != region) return null;
        var sql = (versionId, id.Name) switch
        {
            (null, null) => Select + VersionByLabel + Labels + SecretByArn,
            (null, _) => Select + VersionByLabel + Labels + SecretByName,
            (_, null) => Select + VersionById + Labels + SecretByArn,
            _ => Select + VersionById + Labels + SecretByName,
        };
        var rows = id.Name is null
            ? session.Query(sql, Read, ("version", versionId ?? stage), ("arn", id.Text))
            : session.Query(sql, Read, ("version", versionId ?? stage),
                ("account", id.Arn?.Account ?? account), ("region", region), ("name", id.Name));
        if (rows.Count == 0 || (id.Arn is not null && !rows[0].Value.Arn.StartsWith(id.Text, StringComparison.Ordinal))) return null;

        var labels = ImmutableArray.CreateBuilder<string>(rows.Count);
        foreach (var (_, label, _) in rows)
        {
            if (label is not null) labels.Add(label);
        }
        var value = rows[0].Value with { Stages = labels.DrainToImmutable() };
        return rows[0].HasPolicy ? value with { Policy = SecretPolicy.Of(SecretStore.FindByArn(session, value.Arn)) } : value;
    }

    private static (SealedValue Value, string? Label, bool HasPolicy) Read(Row row)
    {
        var value = new SealedValue
        {
            Arn = row.Text(0),
            Name = row.Text(1),
            IsScheduledForDeletion = !row.IsNull(2),
            VersionId = row.TextOrNull(3),
            CreatedDate = row.TimeOrNull(4) ?? default,
            AccessDay = row.TimeOrNull(5) is { } day ? SealedValue.DayOf(day) : 0,
            Ciphertext = row.BytesOrNull(6),
            Stages = [],
        };
        return (value, row.TextOrNull(7), !row.IsNull(8));
    }
}
