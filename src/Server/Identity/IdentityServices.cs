using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rekey.Aws;
using Rekey.Server.Settings;
using Rekey.Server.Storage;

namespace Rekey.Server.Identity;

internal static class IdentityServices
{
    /// <summary>Adds the authenticator and the only access key, the root's: set by the operator, else that of the data directory.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.AddSingleton(provider => RootKey(
            provider.GetRequiredService<IOptions<ServerOptions>>().Value, provider.GetRequiredService<DataDirectory>()));
        services.AddSingleton(provider => Keys(
            provider.GetRequiredService<IOptions<ServerOptions>>().Value.AccountId, provider.GetRequiredService<RootAccessKey>()));
        services.AddSingleton(provider => new SigV4Authenticator(
            provider.GetRequiredService<AccessKeyStore>(),
            provider.GetRequiredService<ServedRegions>().All,
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    // The directory is asked for in either case: its lock is what makes this process the only one to generate a key.
    private static RootAccessKey RootKey(ServerOptions options, DataDirectory directory) =>
        options is { RootAccessKeyId: { Length: > 0 } id, RootSecretAccessKey: { Length: > 0 } secret }
            ? new RootAccessKey(id, Sensitive.FromText(secret), IsNew: false)
            : RootAccessKey.OpenOrCreate(directory);

    private static AccessKeyStore Keys(string account, RootAccessKey root) =>
        new([new AccessKey(root.Id, root.Secret, Principal.Root(account, root.Id))]);
}
