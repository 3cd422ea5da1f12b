using System.Text;
using Microsoft.AspNetCore.Http;
using Rekey.Aws;
using Rekey.Server.Identity;

namespace Rekey.Server.Protocols;

/// <summary>
/// AWS Query: a form in, XML out; the operation is the parameter <c>Action</c>, its API the parameter <c>Version</c>. STS, IAM and RDS
/// speak it. Source: Smithy, "AWS Query protocol".
/// </summary>
internal sealed class AwsQuery(OperationTable operations) : WireProtocol
{
    private const string FormType = "application/x-www-form-urlencoded";

    private static readonly ErrorShape s_invalidAction = ErrorShape.Framework("InvalidAction");
    private static readonly ErrorShape s_missingAction = ErrorShape.Framework("MissingAction");

    public override string ContentType => "text/xml";

    /// <summary>True for a request that looks like this protocol's.</summary>
    public static bool Speaks(HttpRequest request) =>
        request.ContentType?.StartsWith(FormType, StringComparison.OrdinalIgnoreCase) == true || request.Query.ContainsKey("Action");

    public override Operation? Find(Call call, ReadOnlySpan<byte> body, string? service)
    {
        call.Form ??= Parse(call.Http.Request, body);
        if (service is null || call.Http.Request.Path.Value != "/" || call.Form.Action is not { } action) return null;
        var operation = operations.Find($"{service}:{action}") as QueryOperation;
        return operation?.Version == call.Form.Version ? operation : null;
    }

    public override ServiceException UnknownOperation(Call call) => call.Form?.Action is { } action
        ? new(s_invalidAction, $"Could not find operation {action} for version {call.Form.Version ?? "NO_VERSION_SPECIFIED"}")
        : new(s_missingAction, "The request is missing an action or a required parameter.");

    public override ServiceException NotAuthenticated(AuthenticationFailure failure) =>
        new(AuthenticationErrors.QueryShape(failure.Fault), AuthenticationErrors.QueryText(failure));

    public override void WriteError(Call call, ServiceException failure, ResponseBuffer answer)
    {
        var space = (call.Operation as QueryOperation)?.XmlNamespace;
        AwsQueryXml.WriteError(answer, space, AsQueryError(failure), call.RequestId);
    }

    private static QueryForm Parse(HttpRequest request, ReadOnlySpan<byte> body)
    {
        if (HttpMethods.IsPost(request.Method)) return QueryForm.Parse(body);
        return QueryForm.Parse(Encoding.UTF8.GetBytes(request.QueryString.Value ?? "").AsSpan().TrimStart((byte)'?'));
    }

    /// <summary>The framework's errors have other names and statuses here than in JSON services.</summary>
    private static ServiceException AsQueryError(ServiceException failure) => failure.Shape.Code switch
    {
        "ValidationException" => new(ErrorShape.Framework("ValidationError"), failure.Message),
        "SerializationException" => new(ErrorShape.Framework("MalformedInput"), failure.Message),
        "AccessDeniedException" => new(ErrorShape.Framework("AccessDenied", 403), failure.Message),
        _ => failure,
    };
}
