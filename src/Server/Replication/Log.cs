using Microsoft.Extensions.Logging;
using Rekey.Server.Observability;

namespace Rekey.Server.Replication;

/// <summary>Next free: Replication + 3.</summary>
internal static partial class Log
{
    [LoggerMessage(
        EventIds.Replication + 0, LogLevel.Warning,
        "Replication of {SecretArn} to {Region} did not get through: {ExceptionType}; it is tried again in {DelaySeconds} s")]
    public static partial void DeliveryFailed(ILogger logger, string secretArn, string region, string exceptionType, double delaySeconds);

    [LoggerMessage(EventIds.Replication + 1, LogLevel.Warning, "Replication of {SecretArn} to {Region} was refused: {Message}")]
    public static partial void ReplicationFailed(ILogger logger, string secretArn, string region, string message);

    [LoggerMessage(
        EventIds.Replication + 2, LogLevel.Error,
        "The replication worker could not work: {ExceptionType}; it tries again in {DelaySeconds} s")]
    public static partial void WorkerFailed(ILogger logger, string exceptionType, double delaySeconds);
}
