using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rekey.Aws;
using Rekey.Server.Protocols.Shapes;

namespace Rekey.Server.Protocols;

/// <summary>An operation of an AWS JSON 1.1 service.</summary>
internal abstract class JsonOperation(string service, string name) : Operation(service, name)
{
    private static readonly ErrorShape s_internalServiceError = new("InternalServiceError", Status: 500, Modelled: true);

    private readonly bool _declaresFault = ServiceModel.Get(service).Operation(name).Errors.Contains(s_internalServiceError.Code);

    /// <summary>What <c>X-Amz-Target</c> says, such as <c>secretsmanager.GetSecretValue</c>.</summary>
    public string Target { get; } = $"{ServiceModel.Get(service).TargetPrefix}.{name}";

    public override ServiceException Fault() => _declaresFault
        ? new ServiceException(s_internalServiceError, FrameworkErrors.Internal().Message)
        : FrameworkErrors.Internal();
}

/// <summary><paramref name="responseType"/> is null when the operation answers an empty body.</summary>
internal sealed class JsonOperation<TRequest, TResponse>(
    string service,
    IOperation<TRequest, TResponse> operation,
    JsonTypeInfo<TRequest> requestType,
    JsonTypeInfo<TResponse>? responseType)
    : JsonOperation(service, operation.GetType().Name)
    where TRequest : class
    where TResponse : class
{
    private readonly Shape _input = ServiceModel.Get(service).Operation(operation.GetType().Name).Input;

    public override object Bind(Call call, ReadOnlySpan<byte> body)
    {
        RequestValidator.Demand(_input, body);
        return JsonBinding.Read(body, requestType);
    }

    public override async ValueTask InvokeAsync(Call call, object request, ResponseBuffer answer, CancellationToken cancellationToken)
    {
        try
        {
            var response = await operation.InvokeAsync((TRequest)request, call.Context!, cancellationToken);
            using var secrets = response as IDisposable;
            if (responseType is null) return;
            var json = answer.Json;
            JsonSerializer.Serialize(json, response, responseType);
            json.Flush();
        }
        finally
        {
            (request as IDisposable)?.Dispose();
        }
    }
}
