using Rekey.Aws;

namespace Rekey.Server.Protocols;

/// <summary>
/// Errors of the front door itself, which no service model declares. Codes and statuses: AWS, "Common errors"; AWS JSON services answer 400
/// where the list says 403 or 404.
/// </summary>
internal static class FrameworkErrors
{
    private static readonly ErrorShape s_serialization = ErrorShape.Framework("SerializationException");
    private static readonly ErrorShape s_validation = ErrorShape.Framework("ValidationException");
    private static readonly ErrorShape s_unknownOperation = ErrorShape.Framework("UnknownOperationException");
    private static readonly ErrorShape s_accessDenied = ErrorShape.Framework("AccessDeniedException");
    private static readonly ErrorShape s_tooLarge = ErrorShape.Framework("RequestEntityTooLargeException", 413);
    private static readonly ErrorShape s_malformed = ErrorShape.Framework("MalformedHttpRequestException");
    private static readonly ErrorShape s_aborted = ErrorShape.Framework("RequestAbortedException");
    private static readonly ErrorShape s_timedOut = ErrorShape.Framework("RequestTimeoutException", 408);
    private static readonly ErrorShape s_throttling = ErrorShape.Framework("ThrottlingException");
    private static readonly ErrorShape s_internal = ErrorShape.Framework("InternalFailure", 500);
    private static readonly ErrorShape s_unavailable = ErrorShape.Framework("ServiceUnavailable", 503);

    public static ServiceException Serialization(string text) => new(s_serialization, text);

    public static ServiceException Validation(string text) => new(s_validation, text);

    public static ServiceException UnknownOperation() =>
        new(s_unknownOperation, "The requested operation is not recognized by the service.");

    public static ServiceException AccessDenied(string text) => new(s_accessDenied, text);

    public static ServiceException BodyTooLarge() =>
        new(s_tooLarge, $"The request body is larger than {Limits.RequestBodyBytesMax} bytes.");

    public static ServiceException MalformedRequest() => new(s_malformed, "The request cannot be read as HTTP.");

    public static ServiceException TimedOut() => new(s_timedOut, "Reading the request timed out.");

    public static ServiceException Aborted() => new(s_aborted, "The request was aborted before a reply was sent back.");

    public static ServiceException Throttled() => new(s_throttling, "Rate exceeded");

    /// <summary>What a caller sees of a fault in this server; the log has the rest under the same request id.</summary>
    public static ServiceException Internal() => new(s_internal, "An error occurred on the server side.");

    public static ServiceException Unavailable(string text) => new(s_unavailable, text);
}
