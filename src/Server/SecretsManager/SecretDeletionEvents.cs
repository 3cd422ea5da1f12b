using System.Text.Json;
using Rekey.Server.Audit;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>CloudTrail's service events about the deletion of a secret: one for each version.</summary>
internal static class SecretDeletionEvents
{
    public static void Started(Session session, Secret secret, DateTimeOffset now, string requestId) =>
        Record(session, secret, "StartSecretVersionDelete", now, requestId);

    public static void Cancelled(Session session, Secret secret, DateTimeOffset now, string requestId) =>
        Record(session, secret, "CancelSecretVersionDelete", now, requestId);

    public static void Ended(Session session, Secret secret, DateTimeOffset now, string requestId) =>
        Record(session, secret, "EndSecretVersionDelete", now, requestId);

    private static void Record(Session session, Secret secret, string name, DateTimeOffset now, string requestId)
    {
        foreach (var version in secret.Versions)
        {
            var detail = new SecretVersionEventDetail { SecretId = secret.Arn, SecretVersionId = version.VersionId };
            AuditLog.RecordEvent(session, new ServiceEvent
            {
                Time = now,
                Account = secret.Account,
                Region = secret.Region,
                Name = name,
                ResourceArn = secret.Arn,
                RequestId = requestId,
                Detail = JsonSerializer.Serialize(detail, SecretRowJson.Default.SecretVersionEventDetail),
            });
        }
    }
}

internal sealed record SecretVersionEventDetail
{
    public required string SecretId { get; init; }
    public required string SecretVersionId { get; init; }
}
