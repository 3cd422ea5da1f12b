using Microsoft.Extensions.Logging;
using Rekey.Server.Observability;

namespace Rekey.Server.Audit;

/// <summary>Next free: Audit + 4.</summary>
internal static partial class Log
{
    [LoggerMessage(EventIds.Audit + 0, LogLevel.Information, "Found {PendingBytes} bytes of audit records of an earlier process")]
    public static partial void Recovered(this ILogger logger, long pendingBytes);

    [LoggerMessage(EventIds.Audit + 1, LogLevel.Error, "Audit records cannot be moved into the database")]
    public static partial void DrainFailed(this ILogger logger, Exception fault);

    [LoggerMessage(EventIds.Audit + 2, LogLevel.Warning, "The audit spool is {Percent}% full, of {CapacityBytes} bytes")]
    public static partial void SpoolFilling(this ILogger logger, int percent, long capacityBytes);

    [LoggerMessage(EventIds.Audit + 3, LogLevel.Critical, "The audit spool is full ({CapacityBytes} bytes): calls are refused")]
    public static partial void SpoolFull(this ILogger logger, long capacityBytes);
}
