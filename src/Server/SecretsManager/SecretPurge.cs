using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Schedules;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// Purges secrets whose recovery window is over. Sleeps until the next one is; the sleep is bounded, so a jump of the clock is noticed.
/// Each secret is purged in a transaction of its own, which looks again whether it is still due.
/// </summary>
internal sealed class SecretPurge(IDatabase database, TimeProvider time, ILogger<SecretPurge> logger) : BackgroundService
{
    private const int BatchSize = 100;
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(30);

    private readonly AlarmClock _alarm = new(time);

    /// <summary>A deletion was scheduled: look when the next one is due.</summary>
    public void Wake() => _alarm.Wake();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var sleep = FaultPause;
            try
            {
                await PurgeDueAsync(stoppingToken);
                sleep = UntilNext();
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                logger.PurgeFailed(failure, FaultPause.TotalSeconds);
            }
            await _alarm.SleepAsync(sleep, stoppingToken);
        }
    }

    private async Task PurgeDueAsync(CancellationToken cancellationToken)
    {
        while (database.Read(session => SecretStore.FindDueForPurge(session, time.GetUtcNow(), BatchSize)) is { Count: > 0 } due)
        {
            foreach (var arn in due)
            {
                if (await database.WriteAsync(session => Purge(session, arn, time.GetUtcNow()), cancellationToken)) logger.Purged(arn);
            }
        }
    }

    private static bool Purge(Session session, string arn, DateTimeOffset now)
    {
        if (SecretStore.FindByArn(session, arn) is not { PurgeDate: { } end } secret || end > now) return false;
        UpkeepSchedule.Purged(session, secret, now);
        SecretStore.Purge(session, arn);
        SecretDeletionEvents.Ended(session, secret, now, RequestIds.New());
        return true;
    }

    private TimeSpan UntilNext()
    {
        if (database.Read(SecretStore.NextPurge) is not { } next) return Limits.PurgeSleepMax;
        var sleep = next - time.GetUtcNow();
        return sleep < Limits.PurgeSleepMax ? sleep : Limits.PurgeSleepMax;
    }
}
