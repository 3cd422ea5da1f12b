using System.Text.Json;
using Rekey.Aws;
using Rekey.Server.Protocols;

namespace Rekey.Server.Audit;

/// <summary>
/// One call as a JSON object on one line, with CloudTrail's names for its fields. Everything a caller controls is escaped by the JSON
/// writer and cut to its limit. A ValidationException's text is left out, since it quotes the request.
/// </summary>
internal static class AuditLine
{
    private static readonly JsonEncodedText s_eventTime = JsonEncodedText.Encode("eventTime");
    private static readonly JsonEncodedText s_eventSource = JsonEncodedText.Encode("eventSource");
    private static readonly JsonEncodedText s_eventName = JsonEncodedText.Encode("eventName");
    private static readonly JsonEncodedText s_awsRegion = JsonEncodedText.Encode("awsRegion");
    private static readonly JsonEncodedText s_account = JsonEncodedText.Encode("recipientAccountId");
    private static readonly JsonEncodedText s_readOnly = JsonEncodedText.Encode("readOnly");
    private static readonly JsonEncodedText s_principal = JsonEncodedText.Encode("principalArn");
    private static readonly JsonEncodedText s_accessKey = JsonEncodedText.Encode("accessKeyId");
    private static readonly JsonEncodedText s_resource = JsonEncodedText.Encode("resourceArn");
    private static readonly JsonEncodedText s_address = JsonEncodedText.Encode("sourceIPAddress");
    private static readonly JsonEncodedText s_userAgent = JsonEncodedText.Encode("userAgent");
    private static readonly JsonEncodedText s_requestId = JsonEncodedText.Encode("requestID");
    private static readonly JsonEncodedText s_errorCode = JsonEncodedText.Encode("errorCode");
    private static readonly JsonEncodedText s_errorMessage = JsonEncodedText.Encode("errorMessage");

    public static void Write(ResponseBuffer line, Call call, ServiceException? failure)
    {
        var json = line.Json;
        json.WriteStartObject();
        json.WriteString(s_eventTime, call.Time);
        if (call.Operation is { } operation)
        {
            json.WriteString(s_eventSource, operation.EventSource);
            json.WriteString(s_eventName, operation.Name);
            json.WriteBoolean(s_readOnly, operation.IsReadOnly);
        }
        if (call.Context is { } context) WriteCaller(json, context);
        if ((call.Context?.SourceIp ?? call.Http.Connection.RemoteIpAddress) is { } address) WriteAddress(json, address);
        if (AuditText.UserAgent(call.Http.Request.Headers.UserAgent) is { } agent) json.WriteString(s_userAgent, agent);
        json.WriteString(s_requestId, call.RequestId);
        WriteEnd(json, failure);
    }

    /// <summary>A read that is a part of a call, such as each secret of BatchGetSecretValue.</summary>
    public static void WritePart(ResponseBuffer line, RequestContext part, ServiceException? failure)
    {
        var json = line.Json;
        var colon = part.Action.IndexOf(':', StringComparison.Ordinal);
        json.WriteStartObject();
        json.WriteString(s_eventTime, part.Time);
        json.WriteString(s_eventSource, $"{part.Action.AsSpan(0, colon)}.amazonaws.com");
        json.WriteString(s_eventName, part.Action.AsSpan(colon + 1));
        json.WriteBoolean(s_readOnly, true);
        WriteCaller(json, part);
        if (part.SourceIp is { } address) WriteAddress(json, address);
        if (AuditText.UserAgent(part.UserAgent) is { } agent) json.WriteString(s_userAgent, agent);
        json.WriteString(s_requestId, part.RequestId);
        WriteEnd(json, failure);
    }

    private static void WriteEnd(Utf8JsonWriter json, ServiceException? failure)
    {
        if (failure is not null)
        {
            json.WriteString(s_errorCode, failure.Shape.Code);
            if (failure.Shape.Code != "ValidationException") json.WriteString(s_errorMessage, AuditText.ErrorMessage(failure.Message));
        }
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteCaller(Utf8JsonWriter json, RequestContext context)
    {
        json.WriteString(s_awsRegion, context.Region);
        json.WriteString(s_account, context.Account);
        json.WriteString(s_principal, context.Principal.Arn);
        if (context.Principal.AccessKeyId is { } accessKey) json.WriteString(s_accessKey, accessKey);
        if (context.Audit.ResourceArn is { } resource) json.WriteString(s_resource, resource);
    }

    private static void WriteAddress(Utf8JsonWriter json, System.Net.IPAddress address)
    {
        Span<byte> text = stackalloc byte[64];
        if (address.TryFormat(text, out var length)) json.WriteString(s_address, text[..length]);
    }
}
