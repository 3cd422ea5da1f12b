using System.Text.Json;
using Rekey.Server.Audit;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// The service events that CloudTrail shows of a rotation, in the transaction that causes them. Beside AWS's fixed error text the detail
/// carries the class of the cause. Source: AWS User Guide, "Log Secrets Manager events".
/// </summary>
internal static class RotationAudit
{
    public static void Record(Session session, RotationInProgress rotation, Secret secret, RotationEventName name, DateTimeOffset now) =>
        AuditLog.RecordEvent(session, Event(rotation, secret, name, now, cause: null));

    public static void Failed(
        Session session, RotationInProgress rotation, Secret secret, RotationStep step, StepOutcome outcome, DateTimeOffset now)
    {
        var name = rotation.Kind == RotationKind.Test ? RotationEventName.TestRotationFailed : RotationEventName.RotationFailed;
        AuditLog.RecordEvent(session, Event(rotation, secret, name, now, outcome.Cause?.ToString()) with
        {
            ErrorMessage = $"Error when executing lambda {secret.RotationLambdaArn} during {step.WireName()} step",
        });
    }

    private static ServiceEvent Event(
        RotationInProgress rotation, Secret secret, RotationEventName name, DateTimeOffset now, string? cause) => new()
        {
            Time = now,
            Account = secret.Account,
            Region = secret.Region,
            Name = name.ToString(),
            ResourceArn = secret.Arn,
            RequestId = $"Rotation-{secret.Arn}-{rotation.VersionId}",
            Detail = cause is null
            ? $$"""{"SecretId":{{Quote(secret.Arn)}}}"""
            : $$"""{"SecretId":{{Quote(secret.Arn)}},"Cause":{{Quote(cause)}}}""",
        };

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
