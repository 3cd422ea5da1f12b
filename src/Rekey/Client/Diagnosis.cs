using System.Text.Json.Serialization;

namespace Rekey.Cli.Client;

internal sealed record Diagnosis([property: JsonPropertyName("ARN")] string Arn, string Name, IReadOnlyList<Hop> Hops);

/// <summary>One stage on the way from the server to the rotated target.</summary>
internal sealed record Hop(
    [property: JsonPropertyName("Hop")] string Name, bool Ok, string Detail, string? Remedy = null, string? Cause = null);
