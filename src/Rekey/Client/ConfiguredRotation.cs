using System.Text.Json.Serialization;

namespace Rekey.Cli.Client;

/// <summary>How a secret is rotated, and what its rotation is bound to.</summary>
internal sealed record ConfiguredRotation(
    [property: JsonPropertyName("ARN")] string Arn, string Name, RotationSettings Settings,
    [property: JsonPropertyName("SuperuserARN")] string? SuperuserArn, RotationTarget? Target);

/// <summary>What is null is left to the server's default.</summary>
internal sealed record RotationSettings
{
    public string? ForeignCredentials { get; init; }
    public int? GraceSeconds { get; init; }
    public string? GrantSync { get; init; }
    public bool? HealOnFailedHeartbeat { get; init; }
    public int? HeartbeatSeconds { get; init; }
    public string? OldSessions { get; init; }
    public string? Overlap { get; init; }
    public string? OwnerRole { get; init; }

    /// <summary>Template settings such as PASSWORD_LENGTH. No value of a secret.</summary>
    public IReadOnlyDictionary<string, string>? Passwords { get; init; }
    public string? PostgresClone { get; init; }
    public int? SoakSeconds { get; init; }
    public RotatedUsers? Users { get; init; }
    public string? Verifier { get; init; }
}

internal sealed record RotatedUsers(string Base, string Twin);

internal sealed record RotationTarget(string Host, int Port, string ServerIdentity, string Username);
