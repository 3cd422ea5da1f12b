using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rekey.Server.Protocols.Shapes;

namespace Rekey.Server.Protocols;

/// <summary>An operation of an AWS Query service.</summary>
internal abstract class QueryOperation(string service, string name) : Operation(service, name)
{
    /// <summary>The <c>Version</c> parameter that callers must send.</summary>
    public string Version { get; } = ServiceModel.Get(service).ApiVersion;

    public string? XmlNamespace { get; } = ServiceModel.Get(service).XmlNamespace;
}

/// <summary>
/// Form parameters become JSON along the input shape, and the JSON of the answer becomes XML along the output shape, so that validation and
/// binding are those of the JSON services.
/// </summary>
internal sealed class QueryOperation<TRequest, TResponse>(
    string service,
    IOperation<TRequest, TResponse> operation,
    JsonTypeInfo<TRequest> requestType,
    JsonTypeInfo<TResponse> responseType)
    : QueryOperation(service, operation.GetType().Name)
    where TRequest : class
    where TResponse : class
{
    private readonly ModelOperation _model = ServiceModel.Get(service).Operation(operation.GetType().Name);

    public override object Bind(Call call, ReadOnlySpan<byte> body)
    {
        using var json = ResponseBuffer.Rent();
        QueryJson.Write(json.Json, call.Form!, _model.Input);
        RequestValidator.Demand(_model.Input, json.Written.Span);
        return JsonBinding.Read(json.Written.Span, requestType);
    }

    public override async ValueTask InvokeAsync(Call call, object request, ResponseBuffer answer, CancellationToken cancellationToken)
    {
        var response = await operation.InvokeAsync((TRequest)request, call.Context!, cancellationToken);
        using var json = ResponseBuffer.Rent();
        JsonSerializer.Serialize(json.Json, response, responseType);
        AwsQueryXml.WriteResult(answer, _model, XmlNamespace, json.Written.Span, call.RequestId);
    }
}
