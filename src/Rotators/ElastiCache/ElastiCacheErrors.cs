using System.Net;
using System.Security.Authentication;
using System.Xml;
using System.Xml.Linq;

namespace Rekey.Rotators.ElastiCache;

/// <summary>Failures of the ElastiCache API as classes of causes. Of what it says only the error code is passed on.</summary>
internal static class ElastiCacheErrors
{
    private const int CodeLengthMax = 64;

    public static RotatorException Of(string action, HttpStatusCode status, XElement body)
    {
        var code = body.DescendantsAndSelf().FirstOrDefault(element => element.Name.LocalName == "Code")?.Value ?? "";
        if (code.Length is 0 or > CodeLengthMax || !code.All(c => char.IsAsciiLetterOrDigit(c) || c == '.')) code = $"HTTP {(int)status}";
        var cause = code switch
        {
            "UserNotFound" or "UserNotFoundFault" => FailureCause.Precondition,
            "InvalidUserState" or "InvalidUserStateFault" or "Throttling" or "ThrottlingException" or "ServiceUnavailable"
                or "RequestLimitExceeded" => FailureCause.Unavailable,
            "AccessDenied" or "AccessDeniedException" or "UnauthorizedOperation" or "InvalidClientTokenId" or "SignatureDoesNotMatch"
                or "ExpiredToken" or "MissingAuthenticationToken" => FailureCause.Privilege,
            "InvalidParameterValue" or "InvalidParameterCombination" => FailureCause.Policy,
            _ => (int)status >= 500 ? FailureCause.Unavailable : FailureCause.Other,
        };
        var remedy = cause == FailureCause.Privilege
            ? " Rekey's credentials for the ElastiCache API need elasticache:DescribeUsers and elasticache:ModifyUser on the user."
            : "";
        return new RotatorException(cause, $"The ElastiCache API refuses {action} ({code}).{remedy}", nativeCode: code);
    }

    public static RotatorException Of(string action, Exception failure) => failure switch
    {
        OperationCanceledException => new RotatorException(FailureCause.Timeout, $"The ElastiCache API did not answer {action} in time."),
        HttpRequestException { InnerException: AuthenticationException } =>
            new RotatorException(FailureCause.Tls, "The certificate of the ElastiCache API was refused."),
        XmlException => new RotatorException(FailureCause.Other, $"The ElastiCache API answered {action} with something else than XML."),
        _ => new RotatorException(FailureCause.Network, $"The ElastiCache API could not be reached for {action}."),
    };
}
