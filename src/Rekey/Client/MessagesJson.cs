using System.Text.Json.Serialization;

namespace Rekey.Cli.Client;

/// <param name="RotationLambdaArn">Null: the function that the secret was given before.</param>
internal sealed record RotateSecretRequest(
    string SecretId, string ClientRequestToken, [property: JsonPropertyName("RotationLambdaARN")] string? RotationLambdaArn);

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
