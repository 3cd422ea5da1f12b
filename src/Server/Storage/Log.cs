using Microsoft.Extensions.Logging;

namespace Rekey.Server.Storage;

/// <summary>Events 1000 to 1099. Next free: 1004.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "Applied migration {Migration}.")]
    public static partial void Migrated(ILogger logger, string migration);

    [LoggerMessage(1001, LogLevel.Error, "A commit of {Writes} writes failed; all of them were refused.")]
    public static partial void CommitFailed(ILogger logger, int writes, Exception failure);

    [LoggerMessage(1002, LogLevel.Critical, "A failed transaction could not be rolled back.")]
    public static partial void RollbackFailed(ILogger logger, Exception failure);

    [LoggerMessage(1003, LogLevel.Debug, "A write met a conflict and is run again: attempt {Attempt}, SQLSTATE {SqlState}.")]
    public static partial void WriteRepeated(ILogger logger, int attempt, string? sqlState);
}
