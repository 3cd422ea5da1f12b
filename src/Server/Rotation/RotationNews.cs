using Rekey.Aws;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;
using Rekey.Server.Webhooks;

namespace Rekey.Server.Rotation;

/// <summary>An event of a rotation that is committed, for those of this process who count.</summary>
/// <param name="FunctionArn">The secret's rotation function; null when it has none or is gone.</param>
internal sealed record RotationNews(RotationEvent Entry, string? FunctionArn)
{
    /// <summary>In the transaction that writes the event: it is put into the outbox of every webhook that wants it.</summary>
    public static void Publish(Session session, RotationEvent entry)
    {
        var secret = session.Find(
            "SELECT name, rotation_lambda_arn FROM secrets WHERE arn = @arn",
            row => new SecretNames(row.Text(0), row.TextOrNull(1)), ("arn", entry.SecretArn));
        session.TellAfterCommit(new RotationNews(entry, secret?.FunctionArn));

        var endpoints = WebhookOutbox.Wanting(session, entry.Name.ToString());
        if (endpoints.Count == 0 || !Arn.TryParse(entry.SecretArn, out var arn)) return;
        var eventId = RequestIds.New();
        var body = RotationEventBody.Write(eventId, arn, secret?.Name, entry);
        var sequence = session.Find(
            "SELECT MAX(sequence) FROM rotation_events WHERE arn = @arn", row => row.Number(0), ("arn", entry.SecretArn));
        foreach (var endpoint in endpoints)
        {
            var name = entry.Name.ToString();
            WebhookOutbox.Add(session, new WebhookMessage(eventId, endpoint, entry.SecretArn, sequence, name, entry.At, body, Attempt: 0));
        }
    }

    private sealed record SecretNames(string Name, string? FunctionArn);
}
