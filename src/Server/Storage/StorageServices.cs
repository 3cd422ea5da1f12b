using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Server.Kms;
using Rekey.Server.Settings;

namespace Rekey.Server.Storage;

internal static class StorageServices
{
    /// <summary>
    /// Registers the data directory, the database, the root key and the keys under it. They open when first asked for; a
    /// <see cref="StorageException"/> then carries the sentence to show. <see cref="StorageStart"/> asks before anything else starts.
    /// </summary>
    internal static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddSettings<StorageOptions>(StorageOptions.Section);
        services.AddSettings<RootKeyOptions>(RootKeyOptions.Section);
        services.AddSingleton(provider => DataDirectory.Open(provider.GetRequiredService<IOptions<StorageOptions>>().Value.DataDirectory));
        services.AddSingleton(OpenDatabase);
        services.AddSingleton(OpenRootKey);
        services.AddSingleton(provider =>
            new KmsKeyStore(provider.GetRequiredService<RootKey>(), provider.GetRequiredService<IDatabase>()));
        services.AddSingleton(provider => new EnvelopeCipher(provider.GetRequiredService<KmsKeyStore>()));
        services.AddHostedService<StorageStart>();
        return services;
    }

    // The directory's lock is taken first in every case: with PostgreSQL it still holds the root key and this node's files.
    private static IDatabase OpenDatabase(IServiceProvider provider)
    {
        var directory = provider.GetRequiredService<DataDirectory>();
        var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value;
        var time = provider.GetRequiredService<TimeProvider>();
        return options.Database is { } connectionString
            ? PostgresDatabase.Open(connectionString, time, provider.GetRequiredService<ILogger<PostgresDatabase>>())
            : SqliteDatabase.Open(directory, time, provider.GetRequiredService<ILogger<SqliteDatabase>>());
    }

    private static RootKey OpenRootKey(IServiceProvider provider) => new RootKeySource(
        provider.GetRequiredService<IOptions<RootKeyOptions>>().Value,
        provider.GetRequiredService<DataDirectory>(),
        provider.GetRequiredService<IDatabase>(),
        provider.GetRequiredService<TimeProvider>()).Open();
}
