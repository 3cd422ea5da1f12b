using Microsoft.Extensions.Options;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// The number of secrets that an account may have in a region. Counting all of them for each new one would make the hundred-thousandth
/// slow, so an upper bound is kept in memory and the rows are counted only when it reaches the limit. With several nodes the bound of each
/// misses what the others add between two counts: the limit is then approximate.
/// </summary>
internal sealed class SecretQuota(int secretsMax)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Account, string Region), long> _bounds = [];

    public SecretQuota(IOptions<QuotaOptions> options) : this(options.Value.SecretsPerRegion)
    {
    }

    /// <summary>Throws LimitExceededException when there is no room for another secret.</summary>
    public void DemandRoom(Session session, string account, string region)
    {
        lock (_lock)
        {
            var key = (account, region);
            if (!_bounds.TryGetValue(key, out var bound) || bound >= secretsMax) bound = SecretStore.Count(session, account, region);
            _bounds[key] = bound + 1;
            if (bound >= secretsMax) throw SecretsManagerErrors.TooManySecrets(secretsMax);
        }
    }
}
