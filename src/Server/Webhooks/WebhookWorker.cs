using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Server.Schedules;
using Rekey.Server.Storage;

namespace Rekey.Server.Webhooks;

/// <summary>
/// The loop that empties the outbox: sends what is due, webhooks and secrets side by side, the events of one secret one after the other,
/// then sleeps until the next one is due or a commit rings. The sleep is bounded, so what a node left behind that died is found.
/// </summary>
internal sealed class WebhookWorker : BackgroundService
{
    private readonly IDatabase _database;
    private readonly WebhookDelivery _delivery;
    private readonly Dictionary<string, WebhookOptions> _webhooks;
    private readonly TimeProvider _time;
    private readonly ILogger<WebhookWorker> _logger;
    private readonly AlarmClock _alarm;

    public WebhookWorker(
        IDatabase database, WebhookDelivery delivery, IOptions<Dictionary<string, WebhookOptions>> webhooks, TimeProvider time,
        ILogger<WebhookWorker> logger)
    {
        (_database, _delivery, _webhooks, _time, _logger) = (database, delivery, webhooks.Value, time, logger);
        _alarm = new AlarmClock(time);
        database.Bell.Subscribe(_alarm.Wake);
    }

    /// <summary>From the first event on that this node writes down, the webhooks of its configuration are told.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var wanted = _webhooks.Select(webhook => (webhook.Key, webhook.Value.WantedEvents)).ToList();
        if (wanted.Count > 0 || _database.Read(WebhookOutbox.CountWaiting).Count > 0)
            await _database.WriteAsync(session => WebhookOutbox.Register(session, wanted), cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (_webhooks.Count > 0 && !stoppingToken.IsCancellationRequested)
        {
            var sleep = Limits.WebhookRetryDelay;
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
        {
            var known = due.Where(message => _webhooks.ContainsKey(message.Endpoint)).ToList();
            await Parallel.ForEachAsync(
                known, new ParallelOptions { MaxDegreeOfParallelism = Limits.WebhooksAtOnce, CancellationToken = cancellationToken },
                async (message, stop) => await _delivery.DeliverAsync(message, stop));
            if (known.Count < due.Count) return;
        }
    }

    private List<WebhookMessage> FindDue(Session session) => WebhookOutbox.FindDue(session, _time.GetUtcNow(), Limits.WebhookBatch);

    private TimeSpan UntilNext()
    {
        if (_database.Read(WebhookOutbox.NextMoment) is not { } next) return Limits.WebhookSleepMax;
        var sleep = next - _time.GetUtcNow();
        if (sleep < Limits.WebhookRetryDelay) return Limits.WebhookRetryDelay;
        return sleep < Limits.WebhookSleepMax ? sleep : Limits.WebhookSleepMax;
    }
}
