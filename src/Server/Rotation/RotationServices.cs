using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Settings;

namespace Rekey.Server.Rotation;

internal static class RotationServices
{
    public static IServiceCollection AddRotation(this IServiceCollection services)
    {
        services.AddSettings<RotationOptions>(RotationOptions.Section);
        services.AddSingleton<RotationFunctions>();
        services.AddSingleton<RotationValueReader>();
        services.AddSingleton<NativeTarget>();
        services.AddSingleton<IRotationTarget>(provider => provider.GetRequiredService<NativeTarget>());
        services.AddSingleton<RotationTokens>();
        services.AddSingleton<RotationRunner>();
        services.AddSingleton<RotationScheduler>();
        services.AddHostedService(provider => provider.GetRequiredService<RotationScheduler>());
        return services;
    }
}
