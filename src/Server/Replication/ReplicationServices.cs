using Microsoft.Extensions.DependencyInjection;

namespace Rekey.Server.Replication;

internal static class ReplicationServices
{
    /// <summary>Registers the outbox's worker and its way to the regions of this store. Needs storage and Secrets Manager.</summary>
    public static IServiceCollection AddReplication(this IServiceCollection services)
    {
        services.AddSingleton<ReplicaReceiver>();
        services.AddSingleton<IReplicationTransport, LocalTransport>();
        services.AddSingleton<ReplicationDelivery>();
        services.AddSingleton<ReplicationWorker>();
        return services.AddHostedService(provider => provider.GetRequiredService<ReplicationWorker>());
    }
}
