using Microsoft.Extensions.Logging;
using Rekey.Server.Observability;

namespace Rekey.Server.Protocols;

/// <summary>Next free: Protocols + 2.</summary>
internal static partial class Log
{
    // The exception goes to the log whole; ours never carry a secret, and those of the framework are not made from request content.
    [LoggerMessage(EventIds.Protocols + 0, LogLevel.Error, "{Action} failed, request {RequestId}")]
    public static partial void OperationFaulted(this ILogger logger, Exception fault, string? action, string requestId);

    [LoggerMessage(EventIds.Protocols + 1, LogLevel.Debug, "{Action} answered {Status} {Code}, request {RequestId}")]
    public static partial void Answered(this ILogger logger, string? action, int status, string? code, string requestId);
}
