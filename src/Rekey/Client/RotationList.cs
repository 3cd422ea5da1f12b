using System.Text.Json.Serialization;
using Rekey.Server.Protocols;

namespace Rekey.Cli.Client;

/// <summary>A page of rotations.</summary>
internal sealed record RotationList(IReadOnlyList<RotationSummary> Rotations, string? NextToken);

/// <summary>How the rotation of one secret stands.</summary>
internal sealed record RotationSummary
{
    [JsonPropertyName("ARN")]
    public required string Arn { get; init; }

    public required string Name { get; init; }
    public string? Function { get; init; }
    public bool RotationEnabled { get; init; }
    public required string State { get; init; }
    public string? Step { get; init; }
    public int Attempt { get; init; }
    public string? Cause { get; init; }
    public string? CauseMessage { get; init; }
    public string? LastEvent { get; init; }

    [JsonConverter(typeof(EpochSecondsConverter))]
    public DateTimeOffset? LastEventAt { get; init; }

    [JsonConverter(typeof(EpochSecondsConverter))]
    public DateTimeOffset? LastRotatedDate { get; init; }

    [JsonConverter(typeof(EpochSecondsConverter))]
    public DateTimeOffset? NextRotationDate { get; init; }

    [JsonConverter(typeof(EpochSecondsConverter))]
    public DateTimeOffset? NotBefore { get; init; }

    [JsonConverter(typeof(EpochSecondsConverter))]
    public DateTimeOffset? OverdueSince { get; init; }

    /// <summary>Empty when all is well.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Null when nothing is done for it.</summary>
    public IReadOnlyList<UpkeepSummary>? Upkeep { get; init; }
}

/// <summary>What is done for a secret between its rotations, and what came of it last.</summary>
internal sealed record UpkeepSummary
{
    public required string Kind { get; init; }

    [JsonConverter(typeof(EpochSecondsConverter))]
    public DateTimeOffset? DueAt { get; init; }

    [JsonConverter(typeof(EpochSecondsConverter))]
    public DateTimeOffset? EndedAt { get; init; }

    public string? Outcome { get; init; }
    public string? Cause { get; init; }
    public string? CauseMessage { get; init; }
}
