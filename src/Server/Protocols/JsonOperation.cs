using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Rekey.Server.Protocols.Shapes;

namespace Rekey.Server.Protocols;

/// <summary>An operation of an AWS JSON 1.1 service.</summary>
internal sealed class JsonOperation<TRequest, TResponse>(
    string service,
    IOperation<TRequest, TResponse> operation,
    Shape input,
    JsonTypeInfo<TRequest> requestType,
    JsonTypeInfo<TResponse>? responseType)
    : Operation(service, operation.GetType().Name)
    where TRequest : class
    where TResponse : class
{
    public override object Bind(HttpRequest http, ReadOnlySpan<byte> body)
    {
        RequestValidator.Demand(input, body);
        return JsonBinding.Read(body, requestType);
    }

    public override async ValueTask InvokeAsync(
        object request, RequestContext context, ResponseBuffer answer, CancellationToken cancellationToken)
    {
        try
        {
            var response = await operation.InvokeAsync((TRequest)request, context, cancellationToken);
            if (responseType is null) return;
            var json = answer.Json;
            JsonSerializer.Serialize(json, response, responseType);
            json.Flush();
            (response as IDisposable)?.Dispose();
        }
        finally
        {
            (request as IDisposable)?.Dispose();
        }
    }
}
