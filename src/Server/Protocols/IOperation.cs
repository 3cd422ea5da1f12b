namespace Rekey.Server.Protocols;

/// <summary>
/// One AWS operation. It gets a request that satisfies the service model's constraints and a verified principal; it authorises, acts, and
/// answers or throws <see cref="Aws.ServiceException"/>.
/// </summary>
public interface IOperation<in TRequest, TResponse>
{
    ValueTask<TResponse> InvokeAsync(TRequest request, RequestContext context, CancellationToken cancellationToken);
}
