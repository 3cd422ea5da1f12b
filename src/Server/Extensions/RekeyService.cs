using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Protocols;

namespace Rekey.Server.Extensions;

/// <summary>Rekey's own operations, over the same protocol and signature as AWS's: signing name and target prefix <c>rekey</c>.</summary>
internal static class RekeyService
{
    private const string Name = "rekey";

    public static IServiceCollection AddRekeyService(this IServiceCollection services)
    {
        var json = RekeyJson.Default;
        services.AddSingleton<RotationSettingsCheck>();
        return services
            .AddJsonOperation<DescribeRotation, DescribeRotationRequest, DescribeRotationResponse>(
                Name, json.DescribeRotationRequest, json.DescribeRotationResponse)
            .AddJsonOperation<DiagnoseSecret, DiagnoseSecretRequest, DiagnoseSecretResponse>(
                Name, json.DiagnoseSecretRequest, json.DiagnoseSecretResponse)
            .AddJsonOperation<GetRotationSettings, GetRotationSettingsRequest, RotationSettingsResponse>(
                Name, json.GetRotationSettingsRequest, json.RotationSettingsResponse)
            .AddJsonOperation<ListRotations, ListRotationsRequest, ListRotationsResponse>(
                Name, json.ListRotationsRequest, json.ListRotationsResponse)
            .AddJsonOperation<PlanRotation, PlanRotationRequest, PlanRotationResponse>(
                Name, json.PlanRotationRequest, json.PlanRotationResponse)
            .AddJsonOperation<PutRotationSettings, PutRotationSettingsRequest, RotationSettingsResponse>(
                Name, json.PutRotationSettingsRequest, json.RotationSettingsResponse);
    }
}

/// <summary>The wire types, generated at compile time.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(EpochSecondsConverter)])]
[JsonSerializable(typeof(DescribeRotationRequest))]
[JsonSerializable(typeof(DescribeRotationResponse))]
[JsonSerializable(typeof(DiagnoseSecretRequest))]
[JsonSerializable(typeof(DiagnoseSecretResponse))]
[JsonSerializable(typeof(GetRotationSettingsRequest))]
[JsonSerializable(typeof(ListRotationsRequest))]
[JsonSerializable(typeof(ListRotationsResponse))]
[JsonSerializable(typeof(PlanRotationRequest))]
[JsonSerializable(typeof(PlanRotationResponse))]
[JsonSerializable(typeof(PutRotationSettingsRequest))]
[JsonSerializable(typeof(RotationSettingsResponse))]
internal sealed partial class RekeyJson : JsonSerializerContext;
