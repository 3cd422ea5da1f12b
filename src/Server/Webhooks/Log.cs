using Microsoft.Extensions.Logging;
using Rekey.Server.Observability;

namespace Rekey.Server.Webhooks;

/// <summary>Next free: Webhooks + 3.</summary>
internal static partial class Log
{
    [LoggerMessage(
        EventIds.Webhooks + 0, LogLevel.Warning,
        "Event {EventId} did not get through to webhook {Webhook}: {Failure}; it is sent again in {DelaySeconds} s")]
    public static partial void DeliveryFailed(ILogger logger, string eventId, string webhook, string failure, double delaySeconds);

    [LoggerMessage(
        EventIds.Webhooks + 1, LogLevel.Error,
        "Event {EventId}, {EventName} of {SecretArn}, is too old to be sent to webhook {Webhook}: given up after {Attempts} attempts")]
    public static partial void DeliveryGivenUp(
        ILogger logger, string eventId, string eventName, string secretArn, string webhook, int attempts);

    [LoggerMessage(
        EventIds.Webhooks + 2, LogLevel.Error,
        "The webhooks' outbox could not be read or written: {ExceptionType}; it is tried again in {DelaySeconds} s")]
    public static partial void WorkerFailed(ILogger logger, string exceptionType, double delaySeconds);
}
