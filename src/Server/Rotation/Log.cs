using Microsoft.Extensions.Logging;
using Rekey.Rotators;
using Rekey.Server.Observability;

namespace Rekey.Server.Rotation;

/// <summary>Next free: Rotation + 15.</summary>
internal static partial class Log
{
    [LoggerMessage(
        EventIds.Rotation + 0, LogLevel.Information,
        "Rotation of {SecretArn} to version {VersionId} succeeded at attempt {Attempt}")]
    public static partial void RotationSucceeded(ILogger logger, string secretArn, string versionId, int attempt);

    [LoggerMessage(
        EventIds.Rotation + 1, LogLevel.Warning,
        "Rotation of {SecretArn}: {Step} failed at attempt {Attempt}, cause {Cause}: {Message}")]
    public static partial void StepFailed(ILogger logger, string secretArn, string step, int attempt, FailureCause cause, string? message);

    [LoggerMessage(
        EventIds.Rotation + 2, LogLevel.Error,
        "Rotation of {SecretArn}: {Step} ended in an unexpected {ExceptionType}")]
    public static partial void StepBroke(ILogger logger, string secretArn, string step, string exceptionType);

    [LoggerMessage(
        EventIds.Rotation + 3, LogLevel.Error,
        "The rotation scheduler could not work: {ExceptionType}; it tries again in {DelaySeconds} s")]
    public static partial void SchedulerFailed(ILogger logger, string exceptionType, double delaySeconds);

    [LoggerMessage(
        EventIds.Rotation + 4, LogLevel.Warning,
        "{SecretArn} was not rotated in its window, which ended at {WindowEnd}: this server was not running")]
    public static partial void WindowMissed(ILogger logger, string secretArn, DateTimeOffset windowEnd);

    [LoggerMessage(
        EventIds.Rotation + 5, LogLevel.Error,
        "Rotation or upkeep of {SecretArn} broke off in an unexpected {ExceptionType}; it is taken up again")]
    public static partial void RunBroke(ILogger logger, string secretArn, string exceptionType);

    [LoggerMessage(
        EventIds.Rotation + 6, LogLevel.Warning,
        "Rotation of {SecretArn} spoke to {Target} without TLS: the secret has no ssl and the settings allow it")]
    public static partial void TlsDowngraded(ILogger logger, string secretArn, string target);

    [LoggerMessage(EventIds.Rotation + 7, LogLevel.Warning, "{SecretArn} is due but has no current value to rotate")]
    public static partial void NothingToRotate(ILogger logger, string secretArn);

    [LoggerMessage(EventIds.Rotation + 8, LogLevel.Warning, "{Notice}")]
    public static partial void RotatorNotice(ILogger logger, string notice);

    [LoggerMessage(
        EventIds.Rotation + 9, LogLevel.Warning,
        "The wall clock was set back, from {Before} to {Now}: rotation dates that lie too far ahead are corrected")]
    public static partial void ClockSetBack(ILogger logger, DateTimeOffset before, DateTimeOffset now);

    [LoggerMessage(
        EventIds.Rotation + 10, LogLevel.Information,
        "Rotation of {SecretArn} waits: the rotation of {HolderArn} has the same account, or uses its superuser")]
    public static partial void PrincipalBusy(ILogger logger, string secretArn, string holderArn);

    [LoggerMessage(
        EventIds.Rotation + 11, LogLevel.Warning,
        "The {Task} of {SecretArn} failed at attempt {Attempt}, cause {Cause}: {Message}")]
    public static partial void UpkeepFailed(
        ILogger logger, string task, string secretArn, int attempt, FailureCause cause, string? message);

    [LoggerMessage(
        EventIds.Rotation + 13, LogLevel.Warning,
        "Rotation of {SecretArn} waits: a server refused one of its accounts so often that more could lock it")]
    public static partial void PrincipalRefused(ILogger logger, string secretArn);

    [LoggerMessage(EventIds.Rotation + 14, LogLevel.Error, "A refused login could not be counted in the store: {ExceptionType}")]
    public static partial void LedgerFailed(ILogger logger, string exceptionType);

    [LoggerMessage(EventIds.Rotation + 12, LogLevel.Error, "The {Task} of {SecretArn} ended in an unexpected {ExceptionType}")]
    public static partial void UpkeepBroke(ILogger logger, string task, string secretArn, string exceptionType);
}
