using System.Text.Json;
using System.Text.Json.Serialization;
using Rekey.Rotators;
using Rekey.Server.Rotation.Configuration;

namespace Rekey.Server.Extensions;

/// <summary>The rotation settings of a secret on the wire. What is left out has its default.</summary>
internal sealed record RotationSettingsEntry
{
    /// <summary>refuse or allow.</summary>
    public string? ForeignCredentials { get; init; }
    public int? GraceSeconds { get; init; }

    /// <summary>mirror, addOnly, verifyOnly or off.</summary>
    public string? GrantSync { get; init; }

    public bool? HealOnFailedHeartbeat { get; init; }

    /// <summary>0 for none, else from 60 on; absent for the server's default.</summary>
    public int? HeartbeatSeconds { get; init; }

    /// <summary>keep or endAfterGrace.</summary>
    public string? OldSessions { get; init; }

    /// <summary>auto, require or off.</summary>
    public string? Overlap { get; init; }
    public string? OwnerRole { get; init; }

    /// <summary>EXCLUDE_CHARACTERS, PASSWORD_LENGTH, ...: what AWS's templates read from their environment.</summary>
    public SortedDictionary<string, string>? Passwords { get; init; }

    /// <summary>member or ownerRole.</summary>
    public string? PostgresClone { get; init; }
    public int? SoakSeconds { get; init; }
    public UserPairEntry? Users { get; init; }

    /// <summary>auto or plain.</summary>
    public string? Verifier { get; init; }

    /// <summary>What the request has besides: refused, because a setting that is misspelt would be lost without a word.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    public static RotationSettingsEntry Of(RotationSettings settings) => new()
    {
        ForeignCredentials = Name(settings.ForeignCredentials),
        GraceSeconds = Seconds(settings.Grace),
        GrantSync = Name(settings.GrantSync),
        HealOnFailedHeartbeat = settings.HealOnFailedHeartbeat,
        HeartbeatSeconds = settings.Heartbeat is { } heartbeat ? Seconds(heartbeat) : null,
        OldSessions = Name(settings.OldSessions),
        Overlap = Name(settings.Overlap),
        OwnerRole = settings.OwnerRole,
        Passwords = settings.Passwords.Count == 0
            ? null
            : new SortedDictionary<string, string>(new Dictionary<string, string>(settings.Passwords), StringComparer.Ordinal),
        PostgresClone = Name(settings.PostgresClone),
        SoakSeconds = Seconds(settings.Soak),
        Users = settings.Users is { } users ? new UserPairEntry { Base = users.Base, Twin = users.Twin } : null,
        Verifier = Name(settings.Verifier),
    };

    /// <summary>The settings; their texts satisfy the service model.</summary>
    public RotationSettings ToSettings()
    {
        var defaults = RotationSettings.Default;
        return new RotationSettings
        {
            GrantSync = Parse(GrantSync, defaults.GrantSync),
            Overlap = Parse(Overlap, defaults.Overlap),
            Grace = GraceSeconds is { } grace ? TimeSpan.FromSeconds(grace) : defaults.Grace,
            Soak = SoakSeconds is { } soak ? TimeSpan.FromSeconds(soak) : defaults.Soak,
            ForeignCredentials = Parse(ForeignCredentials, defaults.ForeignCredentials),
            Users = Users is { } users ? new UserNames(users.Base, users.Twin) : null,
            PostgresClone = Parse(PostgresClone, defaults.PostgresClone),
            OwnerRole = OwnerRole,
            Verifier = Parse(Verifier, defaults.Verifier),
            OldSessions = Parse(OldSessions, defaults.OldSessions),
            Passwords = Passwords is null ? defaults.Passwords : new Dictionary<string, string>(Passwords, StringComparer.Ordinal),
            HealOnFailedHeartbeat = HealOnFailedHeartbeat ?? defaults.HealOnFailedHeartbeat,
            Heartbeat = HeartbeatSeconds is { } heartbeat ? TimeSpan.FromSeconds(heartbeat) : null,
        };
    }

    private static int Seconds(TimeSpan span) => checked((int)span.TotalSeconds);

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static T Parse<T>(string? name, T whenAbsent)
        where T : struct, Enum => name is null ? whenAbsent : Enum.Parse<T>(name, ignoreCase: true);
}

internal sealed record UserPairEntry
{
    public required string Base { get; init; }
    public required string Twin { get; init; }
}

internal sealed record PinnedTargetEntry
{
    public required string Host { get; init; }
    public int Port { get; init; }

    /// <summary>What the server says of itself.</summary>
    public required string ServerIdentity { get; init; }

    /// <summary>The base user.</summary>
    public required string Username { get; init; }

    public static PinnedTargetEntry? Of(RotationConfiguration configuration) => configuration.Pin is not { } pin ? null : new()
    {
        Host = pin.Host,
        Port = pin.Port,
        ServerIdentity = pin.ServerIdentity,
        Username = pin.Username,
    };
}
