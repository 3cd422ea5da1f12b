using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.Audit;

/// <summary>
/// Audit records written in the transaction of the change they tell of: who, what, on which ARN, with what outcome; never a payload.
/// Everything else a caller does (reads, refusals, failures) goes through <see cref="AuditSpool"/>.
/// </summary>
internal static class AuditLog
{
    private const string InsertEvent =
        """
        INSERT INTO audit_events (event_id, at, account, region, event_source, event_name, read_only, principal_arn, access_key_id,
            resource_arn, source_address, user_agent, request_id, error_code, error_message, detail)
        VALUES (@id, @at, @account, @region, @source, @name, @readOnly, @principal, @accessKey,
            @resource, @address, @agent, @request, @errorCode, @errorMessage, @detail)
        """;

    /// <summary>Records the success of a mutation, inside its transaction; the front door then writes nothing more about it.</summary>
    public static void Record(Session session, RequestContext context)
    {
        var colon = context.Action.IndexOf(':', StringComparison.Ordinal);
        session.Execute(
            InsertEvent,
            ("@id", RequestIds.New()),
            ("@at", context.Time),
            ("@account", context.Account),
            ("@region", context.Region),
            ("@source", $"{context.Action.AsSpan(0, colon)}.amazonaws.com"),
            ("@name", context.Action[(colon + 1)..]),
            ("@readOnly", false),
            ("@principal", context.Principal.Arn),
            ("@accessKey", context.Principal.AccessKeyId),
            ("@resource", context.Audit.ResourceArn),
            ("@address", context.SourceAddress),
            ("@agent", AuditText.UserAgent(context.UserAgent)),
            ("@request", context.RequestId),
            ("@errorCode", null),
            ("@errorMessage", null),
            ("@detail", null));
        context.Audit.IsRecorded = true;
    }

    /// <summary>Records what the service did on its own, inside the transaction that did it.</summary>
    public static void RecordEvent(Session session, ServiceEvent serviceEvent) => session.Execute(
        InsertEvent,
        ("@id", RequestIds.New()),
        ("@at", serviceEvent.Time),
        ("@account", serviceEvent.Account),
        ("@region", serviceEvent.Region),
        ("@source", serviceEvent.Source),
        ("@name", serviceEvent.Name),
        ("@readOnly", false),
        ("@principal", serviceEvent.Source),
        ("@accessKey", null),
        ("@resource", serviceEvent.ResourceArn),
        ("@address", null),
        ("@agent", null),
        ("@request", serviceEvent.RequestId),
        ("@errorCode", serviceEvent.ErrorCode),
        ("@errorMessage", AuditText.ErrorMessage(serviceEvent.ErrorMessage)),
        ("@detail", serviceEvent.Detail));
}
