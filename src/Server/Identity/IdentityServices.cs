using Microsoft.Extensions.DependencyInjection;

namespace Rekey.Server.Identity;

internal static class IdentityServices
{
    /// <summary>Adds the authenticator, with the root's key as the only access key.</summary>
    /// <param name="services">The container.</param>
    /// <param name="account">The root's account, 12 digits.</param>
    /// <param name="regions">The regions that requests may be signed for.</param>
    /// <param name="root">The root's key, by the host from its settings or <see cref="RootAccessKey.OpenOrCreate"/>.</param>
    public static IServiceCollection AddIdentity(
        this IServiceCollection services, string account, IReadOnlyCollection<string> regions, RootAccessKey root)
    {
        services.AddSingleton(new AccessKeyStore([new AccessKey(root.Id, root.Secret, Principal.Root(account, root.Id))]));
        services.AddSingleton(provider => new SigV4Authenticator(
            provider.GetRequiredService<AccessKeyStore>(), regions, provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
