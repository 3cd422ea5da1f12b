using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Rotators;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Logins;
using Rekey.Server.Rotation.Native;
using Rekey.Server.Rotation.Slots;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Settings;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

internal static class RotationServices
{
    public static IServiceCollection AddRotation(this IServiceCollection services)
    {
        services.AddSettings<RotationOptions>(RotationOptions.Section);
        services.AddSettings<DriverOptions>(DriverOptions.Section);
        services.AddSettings<ElastiCacheAccess>(ElastiCacheAccess.Section);
        services.AddSingleton(provider => RotatorSettings.Make(
            provider.GetRequiredService<IOptions<RotationOptions>>(),
            provider.GetRequiredService<IOptions<DriverOptions>>(),
            provider.GetRequiredService<IOptions<ElastiCacheAccess>>(),
            provider.GetRequiredService<IOptions<StorageOptions>>(),
            provider.GetRequiredService<ILogger<RotationFunctions>>()));
        services.AddSingleton(RotatorCatalogue.All);
        services.AddSingleton<RotationFunctions>();
        services.AddSingleton<RotationBinding>();
        services.AddSingleton<UsableValue>();
        services.AddSingleton<LoginLedgers>();
        services.AddSingleton<RotationValueReader>();
        services.AddSingleton<TlsRule>();
        services.AddSingleton<SlotBooks>();
        services.AddSingleton<PendingCredential>();
        services.AddSingleton<RotationRivals>();
        services.AddSingleton<PendingValue>();
        services.AddSingleton<IRotationTarget, NativeTarget>();
        services.AddSingleton<NativeInspection>();
        services.AddSingleton<RotationTokens>();
        services.AddSingleton<RotationRunner>();
        services.AddSingleton<UpkeepWork>();
        services.AddSingleton<UpkeepRunner>();
        services.AddSingleton<RotationScheduler>();
        services.AddHostedService(provider => provider.GetRequiredService<RotationScheduler>());
        return services;
    }
}
