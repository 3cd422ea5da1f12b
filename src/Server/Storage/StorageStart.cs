using Microsoft.Extensions.Hosting;
using Rekey.Server.Kms;

namespace Rekey.Server.Storage;

/// <summary>Opens the store and the keys by asking for them: a server that cannot read its secrets does not begin to serve.</summary>
internal sealed class StorageStart(EnvelopeCipher cipher) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cipher);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
