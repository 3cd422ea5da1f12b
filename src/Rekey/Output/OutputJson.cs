using System.Text.Json.Serialization;
using Rekey.Cli.Client;

namespace Rekey.Cli.Output;

/// <summary>The documents that <c>--output json</c> prints and no server sends.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(VersionInfo))]
[JsonSerializable(typeof(RotationResult))]
internal sealed partial class OutputJson : JsonSerializerContext;

internal sealed record VersionInfo(string Version, string Runtime, string Platform);

/// <summary>How a watched rotation ended.</summary>
/// <param name="Result">Succeeded, Failed, or Running when the time was up.</param>
internal sealed record RotationResult(
    [property: JsonPropertyName("ARN")] string Arn, string Name, string VersionId, string Result, int Attempts, string? Cause,
    string? CauseMessage, IReadOnlyList<RotationEvent> Events);
