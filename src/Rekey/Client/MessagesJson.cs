using System.Text.Json.Serialization;

namespace Rekey.Cli.Client;

internal sealed record RotateSecretRequest(string SecretId, string ClientRequestToken);

internal sealed record RotateSecretResponse([property: JsonPropertyName("ARN")] string Arn, string Name, string VersionId);

internal sealed record DescribeRotationRequest(string SecretId);

internal sealed record DiagnoseSecretRequest(string SecretId);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(RotateSecretRequest))]
[JsonSerializable(typeof(RotateSecretResponse))]
[JsonSerializable(typeof(DescribeRotationRequest))]
[JsonSerializable(typeof(RotationDescription))]
[JsonSerializable(typeof(DiagnoseSecretRequest))]
[JsonSerializable(typeof(Diagnosis))]
internal sealed partial class MessagesJson : JsonSerializerContext;
