using Microsoft.Extensions.Logging;
using Rekey.Server.Observability;

namespace Rekey.Server.Storage;

/// <summary>Next free: Storage + 4.</summary>
internal static partial class Log
{
    [LoggerMessage(EventIds.Storage + 0, LogLevel.Information, "Applied migration {Migration}.")]
    public static partial void Migrated(ILogger logger, string migration);

    [LoggerMessage(EventIds.Storage + 1, LogLevel.Error, "A commit of {Writes} writes failed; all of them were refused.")]
    public static partial void CommitFailed(ILogger logger, int writes, Exception failure);

    [LoggerMessage(EventIds.Storage + 2, LogLevel.Critical, "A failed transaction could not be rolled back.")]
    public static partial void RollbackFailed(ILogger logger, Exception failure);

    [LoggerMessage(EventIds.Storage + 3, LogLevel.Debug, "A write is run again after attempt {Attempt}: SQLSTATE {SqlState}.")]
    public static partial void WriteRepeated(ILogger logger, int attempt, string? sqlState);
}
