using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rekey.Aws;

namespace Rekey.Server.Rotation;

/// <summary>
/// An event as EventBridge delivers what CloudTrail records of Secrets Manager ("AWS Service Event via CloudTrail"), so that rules made for
/// AWS match here; under <c>detail.rekey</c> what only Rekey knows. Holds names, ids, times, classes and codes, never a value.
/// Source: EventBridge User Guide, "AWS service event"; CloudTrail User Guide, "AwsServiceEvent".
/// </summary>
internal static class RotationEventBody
{
    /// <summary>AWS writes times of events in whole seconds.</summary>
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.Default };

    public static string Write(string eventId, Arn arn, string? secretName, RotationEvent entry)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            var time = entry.At.UtcDateTime.ToString(TimeFormat, System.Globalization.CultureInfo.InvariantCulture);
            json.WriteStartObject();
            json.WriteString("version", "0");
            json.WriteString("id", eventId);
            json.WriteString("detail-type", "AWS Service Event via CloudTrail");
            json.WriteString("source", "aws.secretsmanager");
            json.WriteString("account", arn.Account);
            json.WriteString("time", time);
            json.WriteString("region", arn.Region);
            json.WriteStartArray("resources");
            json.WriteStringValue(entry.SecretArn);
            json.WriteEndArray();
            json.WriteStartObject("detail");
            WriteDetail(json, eventId, arn, time, entry);
            json.WriteStartObject("rekey");
            WriteOwn(json, secretName, entry);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteDetail(Utf8JsonWriter json, string eventId, Arn arn, string time, RotationEvent entry)
    {
        json.WriteString("eventTime", time);
        json.WriteString("eventSource", "secretsmanager.amazonaws.com");
        json.WriteString("eventName", entry.Name.ToString());
        json.WriteString("awsRegion", arn.Region);
        json.WriteString("eventID", eventId);
        json.WriteString("eventType", "AwsServiceEvent");
        json.WriteBoolean("readOnly", false);
        json.WriteString("recipientAccountId", arn.Account);
        json.WriteString("requestID", $"Rotation-{entry.SecretArn}-{entry.VersionId}");
        json.WriteStartObject("additionalEventData");
        json.WriteString("SecretId", entry.SecretArn);
        json.WriteEndObject();
    }

    private static void WriteOwn(Utf8JsonWriter json, string? secretName, RotationEvent entry)
    {
        Text(json, "secretName", secretName);
        Text(json, "versionId", entry.VersionId.Length == 0 ? null : entry.VersionId);
        Text(json, "step", entry.Step);
        json.WriteNumber("attempt", entry.Attempt);
        Text(json, "cause", entry.Cause?.ToString());
        Text(json, "message", entry.Message);
        Text(json, "sqlState", entry.SqlState);
        Text(json, "nativeCode", entry.NativeCode);
        Milliseconds(json, "durationMilliseconds", entry.Duration);
        Milliseconds(json, "gapMilliseconds", entry.Gap);
        if (entry.LabelMoves.Count == 0) return;
        json.WriteStartArray("labelMoves");
        foreach (var move in entry.LabelMoves)
        {
            json.WriteStartObject();
            json.WriteString("label", move.Label);
            Text(json, "from", move.From);
            Text(json, "to", move.To);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private static void Milliseconds(Utf8JsonWriter json, string name, TimeSpan? span)
    {
        if (span is { } known) json.WriteNumber(name, (long)known.TotalMilliseconds);
    }
}
