using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Settings;

namespace Rekey.Server.Throttling;

internal static class ThrottlingServices
{
    public static IServiceCollection AddThrottling(this IServiceCollection services)
    {
        services.AddSettings<ThrottlingOptions>(ThrottlingOptions.Section);
        return services.AddSingleton<Throttle>();
    }
}
