using System.Text.Json.Serialization;

namespace Rekey.Cli.Client;

/// <param name="RotationLambdaArn">Null: the function that the secret was given before.</param>
internal sealed record RotateSecretRequest(
    string SecretId, string ClientRequestToken, [property: JsonPropertyName("RotationLambdaARN")] string? RotationLambdaArn);

internal sealed record RotateSecretResponse([property: JsonPropertyName("ARN")] string Arn, string Name, string VersionId);

internal sealed record DescribeRotationRequest(string SecretId);

internal sealed record DiagnoseSecretRequest(string SecretId);

internal sealed record GetRotationSettingsRequest(string SecretId);

internal sealed record PutRotationSettingsRequest(string SecretId, RotationSettings Settings);

internal sealed record PlanRotationRequest(string SecretId);

internal sealed record ListRotationsRequest(string? NextToken);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(RotateSecretRequest))]
[JsonSerializable(typeof(RotateSecretResponse))]
[JsonSerializable(typeof(DescribeRotationRequest))]
[JsonSerializable(typeof(RotationDescription))]
[JsonSerializable(typeof(DiagnoseSecretRequest))]
[JsonSerializable(typeof(Diagnosis))]
[JsonSerializable(typeof(GetRotationSettingsRequest))]
[JsonSerializable(typeof(PutRotationSettingsRequest))]
[JsonSerializable(typeof(ConfiguredRotation))]
[JsonSerializable(typeof(PlanRotationRequest))]
[JsonSerializable(typeof(PlannedRotation))]
[JsonSerializable(typeof(ListRotationsRequest))]
[JsonSerializable(typeof(RotationList))]
internal sealed partial class MessagesJson : JsonSerializerContext;
