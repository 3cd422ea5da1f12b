using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Rotators;
using Rekey.Server.Observability;
using Rekey.Server.Storage;

namespace Rekey.Server.Webhooks;

/// <summary>
/// Brings one event to one webhook and writes down what came of it. The process may die between any two lines: the event is sent again
/// then, under the same id.
/// </summary>
internal sealed class WebhookDelivery(
    IDatabase database, WebhookSender sender, IOptions<Dictionary<string, WebhookOptions>> webhooks, TimeProvider time,
    ILogger<WebhookDelivery> logger)
{
    /// <summary>Attempts to deliver, by webhook and what came of them.</summary>
    public CounterFamily Deliveries { get; } = new(
        "rekey_webhook_deliveries_total", "Attempts to deliver an event: delivered, failed, or given_up for its age.", "webhook", "result");

    public async Task DeliverAsync(WebhookMessage message, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // Another node may have other settings while they are being changed: what this one does not know it leaves alone.
        if (!webhooks.Value.TryGetValue(message.Endpoint, out var options)) return;
        var claimed = await database.WriteAsync(
            session => WebhookOutbox.Claim(session, message, now + Limits.WebhookLease, now), cancellationToken);
        if (!claimed) return;
        if (now - message.CreatedAt > TimeSpan.FromHours(options.MaxAgeHours))
        {
            await GiveUpAsync(message, cancellationToken);
            return;
        }

        FaultPoint.Reach("webhook.claimed");
        var failure = await sender.SendAsync(message, options, now, cancellationToken);
        FaultPoint.Reach("webhook.sent");
        Deliveries.Add(message.Endpoint, failure is null ? "delivered" : "failed");
        if (failure is null)
        {
            await database.WriteAsync(session => WebhookOutbox.Remove(session, message), cancellationToken);
            return;
        }
        var pause = PauseAfter(message.Attempt);
        Log.DeliveryFailed(logger, message.EventId, message.Endpoint, failure, pause.TotalSeconds);
        var until = time.GetUtcNow() + pause;
        await database.WriteAsync(session => WebhookOutbox.Postpone(session, message, until), cancellationToken);
    }

    private async Task GiveUpAsync(WebhookMessage message, CancellationToken cancellationToken)
    {
        Deliveries.Add(message.Endpoint, "given_up");
        Log.DeliveryGivenUp(logger, message.EventId, message.Event, message.Arn, message.Endpoint, message.Attempt);
        await database.WriteAsync(session => WebhookOutbox.Remove(session, message), cancellationToken);
    }

    /// <summary>Twice as long after each attempt, up to a bound.</summary>
    private static TimeSpan PauseAfter(int attempts)
    {
        var pause = Limits.WebhookRetryDelay * Math.Pow(2, Math.Min(attempts, 30));
        return pause < Limits.WebhookRetryDelayMax ? pause : Limits.WebhookRetryDelayMax;
    }
}
