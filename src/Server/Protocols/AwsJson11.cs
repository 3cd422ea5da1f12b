using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Rekey.Aws;
using Rekey.Server.Identity;

namespace Rekey.Server.Protocols;

/// <summary>
/// AWS JSON 1.1: POST to "/", operation in <c>X-Amz-Target</c>, JSON in and out. Secrets Manager, KMS and Logs speak it.
/// Source: Smithy, "AWS JSON 1.1 protocol".
/// </summary>
internal sealed class AwsJson11(OperationTable operations) : WireProtocol
{
    public const string MediaType = "application/x-amz-json-1.1";

    public const string TargetHeader = "X-Amz-Target";

    private readonly FrozenDictionary<string, Operation> _byTarget = operations.All
        .OfType<JsonOperation>()
        .ToFrozenDictionary(operation => operation.Target, Operation (operation) => operation, StringComparer.Ordinal);

    public override string ContentType => MediaType;

    public override Operation? Find(Call call, ReadOnlySpan<byte> body, string? service)
    {
        var request = call.Http.Request;
        if (!HttpMethods.IsPost(request.Method) || request.Path.Value != "/" || !IsJson(request.ContentType)) return null;
        var target = request.Headers[TargetHeader];
        return target.Count == 1 ? _byTarget.GetValueOrDefault(target[0]!) : null;
    }

    public override ServiceException UnknownOperation(Call call) => FrameworkErrors.UnknownOperation();

    public override ServiceException NotAuthenticated(AuthenticationFailure failure) =>
        new(AuthenticationErrors.JsonShape(failure.Fault), failure.Text);

    public override void WriteError(Call call, ServiceException failure, ResponseBuffer answer)
    {
        var json = answer.Json;
        json.WriteStartObject();
        json.WriteString("__type"u8, failure.Shape.Code);
        json.WriteString(failure.Shape.Modelled ? "Message"u8 : "message"u8, failure.Message);
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>The media type, with or without parameters.</summary>
    private static bool IsJson(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == MediaType.Length || contentType[MediaType.Length] is ';' or ' ');
}
