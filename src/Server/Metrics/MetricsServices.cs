using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rekey.Server.Settings;

namespace Rekey.Server.Metrics;

internal static class MetricsServices
{
    /// <summary>Registers what counts and where it is shown. Needs storage, rotation and webhooks.</summary>
    public static IServiceCollection AddRotationMetrics(this IServiceCollection services)
    {
        services.AddSettings<MetricsOptions>(MetricsOptions.Section);
        services.AddSingleton<RotationMetrics>().AddSingleton<MetricsPage>().AddSingleton<MetricsListener>();
        return services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<MetricsListener>());
    }
}
