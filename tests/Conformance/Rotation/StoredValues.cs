using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Kms;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Conformance.Rotation;

/// <summary>What a dead server left in its data directory.</summary>
internal static class StoredValues
{
    /// <summary>Every value of every version of a secret, by version id, and which of them is AWSCURRENT.</summary>
    public static async Task<(Dictionary<string, string> Versions, string CurrentId)> ReadAsync(string dataDirectory, string secretName)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [StorageOptions.DataDirectoryKey] = dataDirectory }).Build());
        services.AddLogging().AddSingleton(TimeProvider.System).AddStorage();
        await using var provider = services.BuildServiceProvider();
        var cipher = provider.GetRequiredService<EnvelopeCipher>();
        return provider.GetRequiredService<IDatabase>().Read(session =>
        {
            var secret = SecretStore.Find(session, "123456789012", "us-east-1", secretName)!;
            var values = secret.Versions.Where(version => version.HasValue).ToDictionary(
                version => version.VersionId,
                version =>
                {
                    using var payload = SecretPayload.FromStored(
                        cipher.Open(secret.Arn, version.VersionId, SecretStore.ReadPayload(session, secret.Arn, version.VersionId)!));
                    return Encoding.UTF8.GetString(payload.Reveal());
                });
            return (values, secret.FindLabelled(StagingLabels.Current)!.VersionId);
        });
    }
}
