using Microsoft.Extensions.Logging;
using Rekey.Server.Observability;

namespace Rekey.Server.SecretsManager;

/// <summary>Next free: SecretsManager + 3.</summary>
internal static partial class Log
{
    [LoggerMessage(EventIds.SecretsManager + 0, LogLevel.Information, "Secret {Arn} was purged: its recovery window is over")]
    public static partial void Purged(this ILogger logger, string arn);

    [LoggerMessage(EventIds.SecretsManager + 1, LogLevel.Error, "Purging failed; it is tried again in {PauseSeconds} s")]
    public static partial void PurgeFailed(this ILogger logger, Exception failure, double pauseSeconds);

    [LoggerMessage(EventIds.SecretsManager + 2, LogLevel.Error, "Access days of {Count} versions could not be written; they are kept")]
    public static partial void AccessDaysFailed(this ILogger logger, Exception failure, int count);
}
