using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rekey.Server.Schedules;
using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>
/// The loop that empties the outbox: delivers what is due, region by region side by side, then sleeps until the next delivery or until a
/// commit rings. The sleep is bounded, so what a node left behind that died is found by the others.
/// </summary>
internal sealed class ReplicationWorker : BackgroundService
{
    private readonly IDatabase _database;
    private readonly ReplicationDelivery _delivery;
    private readonly TimeProvider _time;
    private readonly ILogger<ReplicationWorker> _logger;
    private readonly AlarmClock _alarm;

    public ReplicationWorker(IDatabase database, ReplicationDelivery delivery, TimeProvider time, ILogger<ReplicationWorker> logger)
    {
        _database = database;
        _delivery = delivery;
        _time = time;
        _logger = logger;
        _alarm = new AlarmClock(time);
        database.Bell.Subscribe(_alarm.Wake);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var sleep = Limits.ReplicationRetryDelay;
            try
            {
                await DeliverDueAsync(stoppingToken);
                sleep = UntilNext();
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Log.WorkerFailed(_logger, failure.GetType().Name, sleep.TotalSeconds);
            }
            await _alarm.SleepAsync(sleep, stoppingToken);
        }
    }

    private async Task DeliverDueAsync(CancellationToken cancellationToken)
    {
        while (_database.Read(FindDue) is { Count: > 0 } due)
            await Task.WhenAll(due.GroupBy(link => link.Region).Select(region => DeliverAllAsync(region, cancellationToken)));
    }

    private List<ReplicationLink> FindDue(Session session) =>
        ReplicationLinks.FindDue(session, _time.GetUtcNow(), Limits.ReplicationBatch);

    private async Task DeliverAllAsync(IEnumerable<ReplicationLink> links, CancellationToken cancellationToken)
    {
        foreach (var link in links) await _delivery.DeliverAsync(link, cancellationToken);
    }

    private TimeSpan UntilNext()
    {
        if (_database.Read(ReplicationLinks.NextMoment) is not { } next) return Limits.ReplicationSleepMax;
        var sleep = next - _time.GetUtcNow();
        return sleep < Limits.ReplicationSleepMax ? sleep : Limits.ReplicationSleepMax;
    }
}
