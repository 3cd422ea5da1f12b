using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rekey.Server.Storage;

namespace Rekey.Server.Audit;

internal static class AuditServices
{
    private const string SpoolName = "audit.spool";

    public static IServiceCollection AddAudit(this IServiceCollection services)
    {
        services.AddSingleton(provider => new AuditSpool(
            SpoolFile.Open(provider.GetRequiredService<DataDirectory>().EnsureFile(SpoolName), Limits.AuditSpoolBytes),
            provider.GetRequiredService<IDatabase>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<AuditSpool>>()));
        return services.AddHostedService<AuditDrain>();
    }
}
