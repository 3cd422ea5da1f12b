using Rekey.Aws;
using Rekey.Server.Identity;

namespace Rekey.Server.Protocols;

/// <summary>
/// AWS REST-JSON 1: the operation is in method and path, the error code in a header. Lambda speaks it; its operations are not served yet,
/// so every request gets what Lambda answers to a path that it does not know. Source: Smithy, "AWS REST JSON 1 protocol".
/// </summary>
internal sealed class AwsRestJson : WireProtocol
{
    private const string ErrorTypeHeader = "x-amzn-ErrorType";

    private static readonly ErrorShape s_accessDenied = ErrorShape.Framework("AccessDeniedException", 403);

    public override string ContentType => "application/json";

    public override Operation? Find(Call call, ReadOnlySpan<byte> body, string? service) => null;

    public override ServiceException UnknownOperation(Call call) =>
        new(s_accessDenied, "Unable to determine service/operation name to be authorized");

    public override ServiceException NotAuthenticated(AuthenticationFailure failure)
    {
        var shape = AuthenticationErrors.JsonShape(failure.Fault);
        return new ServiceException(shape with { Status = 403 }, failure.Text);
    }

    public override void WriteError(Call call, ServiceException failure, ResponseBuffer answer)
    {
        call.Http.Response.Headers[ErrorTypeHeader] = failure.Shape.Code;
        var json = answer.Json;
        json.WriteStartObject();
        json.WriteString(failure.Shape.Modelled ? "Message"u8 : "message"u8, failure.Message);
        json.WriteEndObject();
        json.Flush();
    }
}
