using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Protocols;

namespace Rekey.Server.Sts;

internal static class StsService
{
    private const string Name = "sts";

    public static IServiceCollection AddSts(this IServiceCollection services) =>
        services.AddQueryOperation<GetCallerIdentity, GetCallerIdentityRequest, GetCallerIdentityResponse>(
            Name, StsJson.Default.GetCallerIdentityRequest, StsJson.Default.GetCallerIdentityResponse);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GetCallerIdentityRequest))]
[JsonSerializable(typeof(GetCallerIdentityResponse))]
internal sealed partial class StsJson : JsonSerializerContext;
