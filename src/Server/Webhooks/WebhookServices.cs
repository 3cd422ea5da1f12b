using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Settings;

namespace Rekey.Server.Webhooks;

internal static class WebhookServices
{
    /// <summary>Registers the webhooks' outbox worker, which must start before anything that writes events. Needs storage.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.AddSettingsList<Dictionary<string, WebhookOptions>, WebhookOptions>(WebhookOptions.Section);
        services.AddSingleton<WebhookSender>().AddSingleton<WebhookDelivery>().AddSingleton<WebhookWorker>();
        return services.AddHostedService(provider => provider.GetRequiredService<WebhookWorker>());
    }
}
