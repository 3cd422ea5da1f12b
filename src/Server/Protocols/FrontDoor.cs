using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rekey.Aws;
using Rekey.Server.Audit;
using Rekey.Server.Identity;
using Rekey.Server.Throttling;

namespace Rekey.Server.Protocols;

/// <summary>
/// Every API call comes in here, on one port: (1) read the bounded body, (2) check the signature, (3) find the operation, (4) hold the
/// caller to their rate, bind and validate, (5) run it, (6) see that an audit record exists, (7) answer in one write. Bad input ends in
/// AWS's error, never in a 5xx.
/// </summary>
internal sealed class FrontDoor(
    OperationTable operations, SigV4Authenticator authenticator, Throttle throttle, AuditSpool audit, TimeProvider time,
    ILogger<FrontDoor> logger)
{
    private const string RequestIdHeader = "x-amzn-RequestId";

    private readonly Throttle? _throttle = throttle.IsOn ? throttle : null;
    private readonly AwsJson11 _json = new(operations);
    private readonly AwsQuery _query = new(operations);
    private readonly AwsRestJson _restJson = new();

    public async Task HandleAsync(HttpContext http)
    {
        var call = new Call(http, ProtocolOf(http.Request), RequestIds.New(), time.GetUtcNow());
        using var answer = ResponseBuffer.Rent();
        ServiceException? failure = null;
        try
        {
            await PerformAsync(call, answer);
        }
        catch (Exception fault)
        {
            failure = Explain(call, fault);
        }
        failure = await RecordAsync(call, failure);
        await AnswerAsync(call, answer, failure);
    }

    /// <summary>A claim of the request, which the signature's scope must agree with later.</summary>
    private WireProtocol ProtocolOf(HttpRequest request)
    {
        if (request.Headers.ContainsKey(AwsJson11.TargetHeader)) return _json;
        if (request.Path.Value != "/") return _restJson;
        return AwsQuery.Speaks(request) ? _query : _json;
    }

    private async ValueTask PerformAsync(Call call, ResponseBuffer answer)
    {
        object request;
        var body = await ReadBodyAsync(call.Http);
        try
        {
            request = Admit(call, body.Span);
        }
        finally
        {
            body.Release();
        }
        // The token costs a registration per request: a read is over before it could matter.
        var stop = call.Operation!.IsReadOnly ? CancellationToken.None : call.Http.RequestAborted;
        await call.Operation.InvokeAsync(call, request, answer, stop);
    }

    /// <summary>The server ends the read by itself when the client leaves.</summary>
    private static async ValueTask<RequestBody> ReadBodyAsync(HttpContext http)
    {
        try
        {
            return await RequestBody.ReadAsync(http, CancellationToken.None);
        }
        catch (IOException fault) when (!http.RequestAborted.IsCancellationRequested)
        {
            // What follows on this connection cannot be told from the rest of the broken body.
            http.Response.Headers.Connection = "close";
            throw fault is BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }
                ? FrameworkErrors.TimedOut()
                : FrameworkErrors.MalformedRequest();
        }
    }

    /// <summary>Who calls, what they want, and their request: steps 2 to 4.</summary>
    private object Admit(Call call, ReadOnlySpan<byte> body)
    {
        call.Operation = call.Protocol.Find(call, body, service: null);
        var caller = authenticator.Authenticate(call.Http.Request, body);
        if (!caller.IsAuthenticated) throw call.Protocol.NotAuthenticated(caller.Failure);
        call.Operation ??= call.Protocol.Find(call, body, caller.Service);
        call.Context = new RequestContext
        {
            Principal = caller.Principal,
            Region = caller.Region,
            RequestId = call.RequestId,
            Time = call.Time,
            Action = call.Operation?.Action ?? caller.Service + ":",
            SourceIp = call.Http.Connection.RemoteIpAddress,
            UserAgent = call.Http.Request.Headers.UserAgent,
            IsSecureTransport = call.Http.Request.IsHttps,
        };
        var operation = call.Operation ?? throw call.Protocol.UnknownOperation(call);
        if (operation.Service != caller.Service)
            throw call.Protocol.NotAuthenticated(AuthenticationErrors.WrongService(operation.Service));
        if (_throttle is not null) DemandRate(_throttle, call, operation);
        return operation.Bind(call, body);
    }

    /// <summary>A flood is refused before it costs more than its signature, and leaves one record a second.</summary>
    private static void DemandRate(Throttle throttle, Call call, Operation operation)
    {
        var answer = throttle.Ask(call.Context!.Principal.Arn, call.Context.Region, operation.Action);
        if (answer == ThrottleAnswer.Go) return;
        call.IsRecordedByAnother = answer == ThrottleAnswer.Refuse;
        throw FrameworkErrors.Throttled();
    }

    private ServiceException Explain(Call call, Exception fault)
    {
        switch (fault)
        {
            case ServiceException known:
                return known;
            case OperationCanceledException or IOException when call.Http.RequestAborted.IsCancellationRequested:
                return FrameworkErrors.Aborted();
            default:
                logger.OperationFaulted(fault, call.Operation?.Action, call.RequestId);
                return call.Operation?.Fault() ?? FrameworkErrors.Internal();
        }
    }

    /// <summary>The record is safe before the answer leaves; when it cannot be made, the answer does not leave.</summary>
    private async ValueTask<ServiceException?> RecordAsync(Call call, ServiceException? failure)
    {
        if (failure is null && call.Context!.Audit.IsRecorded) return null;
        if (call.IsRecordedByAnother) return failure;
        try
        {
            await audit.WriteAsync(call, failure);
            return failure;
        }
        catch (ServiceException unavailable)
        {
            return unavailable;
        }
    }

    private async ValueTask AnswerAsync(Call call, ResponseBuffer answer, ServiceException? failure)
    {
        var response = call.Http.Response;
        var status = StatusCodes.Status200OK;
        if (failure is not null)
        {
            status = failure.Shape.Status;
            answer.Clear();
            call.Protocol.WriteError(call, failure, answer);
        }
        logger.Answered(call.Operation?.Action, status, failure?.Shape.Code, call.RequestId);
        response.StatusCode = status;
        response.Headers[RequestIdHeader] = call.RequestId;
        response.Headers.ContentType = call.Protocol.ContentType;
        response.ContentLength = answer.Written.Length;
        if (answer.Written.Length > 0) await response.Body.WriteAsync(answer.Written, CancellationToken.None);
    }
}
