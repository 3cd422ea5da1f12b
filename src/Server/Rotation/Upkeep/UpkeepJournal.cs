using System.Text.Json;
using Rekey.Rotators;
using Rekey.Server.Audit;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Upkeep;

/// <summary>
/// What operators read of upkeep: events beside those of the secret's rotations, and audit records of what changed a database.
/// </summary>
internal static class UpkeepJournal
{
    public static RotationEventName? StartedName(UpkeepKind kind) => kind switch
    {
        UpkeepKind.Heal => RotationEventName.HealStarted,
        UpkeepKind.Retire => RotationEventName.RetireStarted,
        _ => null,
    };

    public static RotationEventName FailedName(UpkeepKind kind) => kind switch
    {
        UpkeepKind.Heal => RotationEventName.HealFailed,
        UpkeepKind.Retire => RotationEventName.RetireFailed,
        _ => RotationEventName.HeartbeatFailed,
    };

    public static RotationEventName EndedName(UpkeepKind kind, UpkeepOutcome outcome) => (kind, outcome) switch
    {
        (_, UpkeepOutcome.Failed) => FailedName(kind),
        (_, UpkeepOutcome.Drifted) => RotationEventName.GrantDrift,
        (UpkeepKind.Heal, _) => RotationEventName.HealSucceeded,
        (UpkeepKind.Retire, _) => RotationEventName.RetireSucceeded,
        _ => RotationEventName.HeartbeatSucceeded,
    };

    /// <remarks>Of no version: a version that the journal names is one that a rotation made.</remarks>
    public static void Append(
        Session session, UpkeepTask task, RotationEventName name, DateTimeOffset at, UpkeepResult? result = null) =>
        RotationJournal.Append(
            session,
            new RotationEvent(
                task.SecretArn, VersionId: "", at, name, Step: null, task.Attempt, result is null ? task.Cause : result.Cause,
                Told(task, name, result is null ? task.CauseMessage : result.Message))
            {
                SqlState = result?.SqlState,
                NativeCode = result?.NativeCode,
            });

    /// <summary>Beside AWS's events of rotations, in the transaction that causes it.</summary>
    public static void Audit(Session session, Secret secret, RotationEventName name, DateTimeOffset at, FailureCause? cause = null) =>
        AuditLog.RecordEvent(session, new ServiceEvent
        {
            Time = at,
            Account = secret.Account,
            Region = secret.Region,
            Name = name.ToString(),
            ResourceArn = secret.Arn,
            RequestId = $"Upkeep-{secret.Arn}",
            Detail = cause is null
                ? $$"""{"SecretId":{{Quote(secret.Arn)}}}"""
                : $$"""{"SecretId":{{Quote(secret.Arn)}},"Cause":{{Quote(cause.Value.ToString())}}}""",
        });

    private static string? Told(UpkeepTask task, RotationEventName name, string? message) =>
        name == FailedName(task.Kind) && UpkeepRemedy.Of(task) is { } remedy ? $"{message} {remedy}" : message;

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
