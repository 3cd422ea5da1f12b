using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rekey.Server.Audit;

/// <summary>Empties the spool in the background: soon after the first record, at once when much waits, and fully at the end.</summary>
internal sealed class AuditDrain(AuditSpool spool, TimeProvider time, ILogger<AuditDrain> logger) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        spool.Recover();
        await spool.DrainAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await spool.DrainAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await spool.WaitForRecordsAsync(stoppingToken);
                if (!spool.IsPressing) await Task.Delay(Limits.AuditDrainDelay, time, stoppingToken);
                await spool.DrainAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                logger.DrainFailed(fault);
                await spool.RetryAsync(stoppingToken);
            }
        }
    }
}
