using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace Rekey.Server.Protocols;

/// <summary>
/// How a service folder puts its operations into the table. The class of an operation bears AWS's name of it; <c>service</c> is the
/// signing name.
/// </summary>
internal static class ServiceRegistration
{
    /// <summary>Adds an operation of an AWS JSON 1.1 service.</summary>
    public static IServiceCollection AddJsonOperation<TOperation, TRequest, TResponse>(
        this IServiceCollection services, string service, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse> responseType)
        where TOperation : class, IOperation<TRequest, TResponse>
        where TRequest : class
        where TResponse : class
    {
        services.AddSingleton<TOperation>();
        return services.AddSingleton<Operation>(provider =>
            new JsonOperation<TRequest, TResponse>(service, provider.GetRequiredService<TOperation>(), requestType, responseType));
    }

    /// <summary>Adds an operation of an AWS JSON 1.1 service that answers an empty body.</summary>
    public static IServiceCollection AddJsonOperation<TOperation, TRequest>(
        this IServiceCollection services, string service, JsonTypeInfo<TRequest> requestType)
        where TOperation : class, IOperation<TRequest, EmptyResponse>
        where TRequest : class
    {
        services.AddSingleton<TOperation>();
        return services.AddSingleton<Operation>(provider => new JsonOperation<TRequest, EmptyResponse>(
            service, provider.GetRequiredService<TOperation>(), requestType, responseType: null));
    }

    /// <summary>Adds an operation of an AWS Query service.</summary>
    public static IServiceCollection AddQueryOperation<TOperation, TRequest, TResponse>(
        this IServiceCollection services, string service, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse> responseType)
        where TOperation : class, IOperation<TRequest, TResponse>
        where TRequest : class
        where TResponse : class
    {
        services.AddSingleton<TOperation>();
        return services.AddSingleton<Operation>(provider =>
            new QueryOperation<TRequest, TResponse>(service, provider.GetRequiredService<TOperation>(), requestType, responseType));
    }
}
