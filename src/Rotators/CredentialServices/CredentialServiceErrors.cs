using System.Net;

namespace Rekey.Rotators.CredentialServices;

/// <summary>What a service's refusals and broken calls mean. An answer's text is not shown: it may hold anything.</summary>
internal static class CredentialServiceErrors
{
    /// <param name="call">What was asked for, free of secrets.</param>
    public static RotatorException Of(string call, HttpStatusCode status) => new(
        status switch
        {
            HttpStatusCode.Unauthorized => FailureCause.Auth,
            HttpStatusCode.Forbidden => FailureCause.Privilege,
            HttpStatusCode.NotFound or HttpStatusCode.BadRequest => FailureCause.Precondition,
            HttpStatusCode.Conflict => FailureCause.Conflict,
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
                FailureCause.Unavailable,
            _ => FailureCause.Other,
        },
        $"The service answered {(int)status} to {call}{Hint(status)}.", nativeCode: $"{(int)status}");

    public static RotatorException Of(string call, Exception failure) => failure switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            new(FailureCause.Tls, $"TLS with the service failed, or its certificate was refused, at {call}."),
        OperationCanceledException => new(FailureCause.Timeout, $"The service did not answer {call} in time."),
        _ => new(FailureCause.Network, $"The service could not be reached, or the connection broke, at {call}."),
    };

    public static RotatorException Unreadable(string call) =>
        new(FailureCause.Other, $"The service's answer to {call} is not what docs/rotation.md says it must be.");

    private static string Hint(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => ": it refuses the superuser secret's username and password",
        HttpStatusCode.NotFound => ": it knows no such principal",
        _ => "",
    };
}
