using System.Text.Json.Serialization;
using Rekey.Server.Protocols;

namespace Rekey.Cli.Client;

/// <summary>Where a secret's rotation stands, and its newest events, oldest first.</summary>
internal sealed record RotationDescription
{
    /// <summary>The value of <see cref="State"/> when no rotation is in progress.</summary>
    public const string Idle = "Idle";

    /// <summary>The value of <see cref="State"/> when the rotation waits for a human.</summary>
    public const string Parked = "Parked";

    [JsonPropertyName("ARN")]
    public required string Arn { get; init; }

    public required string Name { get; init; }

    /// <summary>The version being made; of an idle secret the one made last, or null.</summary>
    public string? VersionId { get; init; }

    public required string State { get; init; }
    public string? Step { get; init; }
    public int Attempt { get; init; }

    /// <summary>When the next attempt begins.</summary>
    [JsonConverter(typeof(EpochSecondsConverter))]
    public DateTimeOffset? NotBefore { get; init; }

    public string? Cause { get; init; }
    public string? CauseMessage { get; init; }
    public required IReadOnlyList<RotationEvent> Events { get; init; }
}

/// <summary>What happened to a rotation: a step's begin or end, or the begin or end of the whole.</summary>
internal sealed record RotationEvent
{
    [JsonConverter(typeof(EpochSecondsConverter))]
    public required DateTimeOffset At { get; init; }

    public required string Event { get; init; }
    public string? VersionId { get; init; }
    public string? Step { get; init; }
    public int Attempt { get; init; }
    public string? Cause { get; init; }
    public string? Message { get; init; }
    public string? SqlState { get; init; }
    public string? NativeCode { get; init; }
    public long? DurationMilliseconds { get; init; }

    /// <summary>Of a rotation that succeeded: how long the target refused the value that applications had.</summary>
    public long? GapMilliseconds { get; init; }
}
