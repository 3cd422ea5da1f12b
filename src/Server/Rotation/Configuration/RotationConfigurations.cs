using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Configuration;

/// <summary>All SQL of <c>rotation_configurations</c>.</summary>
internal static class RotationConfigurations
{
    /// <summary>Older ones say nothing any more: so many rotations in a row were abandoned since.</summary>
    private const int SuspectsMax = 4;

    private const char SuspectSeparator = '\n';

    private const string Columns =
        "arn, settings, superuser_arn, pinned_identity, pinned_host, pinned_port, pinned_username, suspect_version";

    /// <summary>The secret's configuration; the defaults, bound to nothing, while it has none.</summary>
    public static RotationConfiguration Of(Session session, string secretArn) =>
        Find(session, secretArn) ?? new RotationConfiguration { SecretArn = secretArn };

    public static RotationConfiguration? Find(Session session, string secretArn) =>
        session.Find($"SELECT {Columns} FROM rotation_configurations WHERE arn = @arn", Map, ("arn", secretArn));

    public static void Write(Session session, RotationConfiguration configuration) =>
        session.Execute(
            $"INSERT INTO rotation_configurations ({Columns}) VALUES (@arn, @settings, @superuser, @identity, @host, @port, @username, " +
            "@suspect) ON CONFLICT (arn) DO UPDATE SET settings = @settings, superuser_arn = @superuser, pinned_identity = @identity, " +
            "pinned_host = @host, pinned_port = @port, pinned_username = @username, suspect_version = @suspect",
            ("arn", configuration.SecretArn),
            ("settings", configuration.Settings == RotationSettings.Default ? null : SettingsJson.Write(configuration.Settings)),
            ("superuser", configuration.SuperuserArn),
            ("identity", configuration.Pin?.ServerIdentity),
            ("host", configuration.Pin?.Host),
            ("port", configuration.Pin?.Port),
            ("username", configuration.Pin?.Username),
            ("suspect", configuration.SuspectVersionIds is { Count: > 0 } suspects ? string.Join(SuspectSeparator, suspects) : null));

    /// <summary>Remembers a version that an abandoned rotation may have made the one that logs in.</summary>
    public static void Suspect(Session session, string secretArn, string versionId)
    {
        var configuration = Of(session, secretArn);
        var suspects = configuration.SuspectVersionIds.Where(known => known != versionId).Prepend(versionId).Take(SuspectsMax);
        Write(session, configuration with { SuspectVersionIds = [.. suspects] });
    }

    /// <summary>A login has told what they might have been.</summary>
    public static void ForgetSuspects(Session session, string secretArn)
    {
        var configuration = Of(session, secretArn);
        if (configuration.SuspectVersionIds.Count > 0) Write(session, configuration with { SuspectVersionIds = [] });
    }

    /// <summary>
    /// The other secrets whose rotation is on and was pinned to this server, with their functions: those whose base user is one of these,
    /// and those that name their pair themselves. Servers are told apart by address as the secrets spell it, or by identity once both are
    /// pinned.
    /// </summary>
    public static List<(RotationConfiguration Configuration, string? FunctionArn)> OnServer(
        Session session, string exceptArn, string host, int port, string? identity, IReadOnlyCollection<string> baseUsers)
    {
        var names = string.Join(", ", Enumerable.Range(0, baseUsers.Count).Select(index => $"@user{index}"));
        return session.Query(
            $"SELECT {string.Join(", ", Columns.Split(", ").Select(column => $"c.{column}"))}, s.rotation_lambda_arn "
            + "FROM rotation_configurations c JOIN secrets s ON s.arn = c.arn "
            + $"WHERE (c.pinned_username IN ({names}) OR c.settings LIKE '%\"{nameof(RotationSettings.Users)}\"%') "
            + "AND ((LOWER(c.pinned_host) = @host AND c.pinned_port = @port) OR c.pinned_identity = @identity) AND c.arn <> @arn "
            + "AND s.rotation_enabled = 1 AND s.deleted_at IS NULL ORDER BY c.arn",
            row => (Map(row), row.TextOrNull(8)),
            [("host", host.ToLowerInvariant()), ("port", port), ("identity", identity), ("arn", exceptArn),
                .. baseUsers.Select((user, index) => ($"user{index}", (object?)user))]);
    }

    private static RotationConfiguration Map(Row row) => new()
    {
        SecretArn = row.Text(0),
        Settings = row.TextOrNull(1) is { } settings ? SettingsJson.Read(settings) : RotationSettings.Default,
        SuperuserArn = row.TextOrNull(2),
        Pin = row.TextOrNull(3) is { } identity
            ? new PinnedTarget(identity, row.Text(4), checked((int)row.Number(5)), row.Text(6))
            : null,
        SuspectVersionIds = row.TextOrNull(7)?.Split(SuspectSeparator) ?? [],
    };
}
