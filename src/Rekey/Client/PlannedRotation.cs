using System.Text.Json.Serialization;

namespace Rekey.Cli.Client;

/// <summary>What a rotation would do now. Statements hold masks in the place of values.</summary>
internal sealed record PlannedRotation(
    [property: JsonPropertyName("ARN")] string Arn, string Name, string Username, IReadOnlyList<string> Differences,
    IReadOnlyList<string> Statements);
