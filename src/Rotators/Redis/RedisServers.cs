using Rekey.Aws;

namespace Rekey.Rotators.Redis;

/// <summary>
/// All servers of a replicated set or cluster, each with a connection: access control lists are not replicated, and a user that differs
/// between them is locked out by the next failover.
/// </summary>
internal sealed class RedisServers : IAsyncDisposable
{
    /// <summary>Most servers of one set. Redis advises against clusters of more than a thousand.</summary>
    private const int ServersMax = 1000;

    private readonly List<RedisServer> _servers;

    private RedisServers(RedisServer given) => _servers = [given];

    public IReadOnlyList<RedisServer> All => _servers;

    /// <summary>The addresses that answered.</summary>
    public IReadOnlyCollection<string> Addresses => [.. _servers.Select(server => RedisIdentity.AddressOf(server.Connection))];

    /// <summary>Finds the servers from the one given, which stays the caller's, and logs in to each.</summary>
    /// <param name="given">The server that the secret names.</param>
    /// <param name="credentials">With which it was logged in to.</param>
    /// <param name="passwords">What may log in elsewhere, likeliest first: an earlier attempt may have changed some servers.</param>
    /// <param name="options">Limits, and the certificate authorities.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<RedisServers> OpenAsync(
        RedisServer given, DatabaseCredentials credentials, IReadOnlyList<Sensitive> passwords, RotatorOptions options,
        CancellationToken cancellationToken)
    {
        var servers = new RedisServers(given);
        try
        {
            await servers.FindAsync(given, credentials, passwords, options, cancellationToken);
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Skip(1)) await server.DisposeAsync();
    }

    private async Task FindAsync(
        RedisServer given, DatabaseCredentials credentials, IReadOnlyList<Sensitive> passwords, RotatorOptions options,
        CancellationToken cancellationToken)
    {
        var facts = await given.GetFactsAsync(cancellationToken);
        var found = new HashSet<string> { RedisIdentity.AddressOf(given.Connection) };
        var waiting = new Queue<(RedisEndpoint Endpoint, RedisServer By)>();
        var announced = facts.IsCluster ? await given.ReadClusterAsync(cancellationToken) : facts.Others;
        foreach (var other in announced) waiting.Enqueue((other, given));
        while (waiting.TryDequeue(out var next))
        {
            if (next.Endpoint == given.Connection.Endpoint) continue;
            var endpoint = await AnnouncedAddress.DemandAsync(next.Endpoint, next.By.Connection, options, cancellationToken);
            if (!found.Add(new RedisEndpoint(endpoint.Address!.ToString(), endpoint.Port).ToString())) continue;
            if (_servers.Count == ServersMax)
                throw new RotatorException(FailureCause.Precondition, $"The set has more than {ServersMax} servers.");
            var server = await LogInAsync(endpoint, credentials, passwords, options, cancellationToken);
            _servers.Add(server);
            // A cluster's members all list the same; replicas may have replicas of their own.
            if (facts.IsCluster) continue;
            foreach (var other in (await server.GetFactsAsync(cancellationToken)).Others) waiting.Enqueue((other, server));
        }
    }

    private static async Task<RedisServer> LogInAsync(
        RedisEndpoint endpoint, DatabaseCredentials credentials, IReadOnlyList<Sensitive> passwords, RotatorOptions options,
        CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return new RedisServer(await RedisConnection.OpenAsync(endpoint, credentials, passwords[i], options, cancellationToken));
            }
            catch (RotatorException e) when (e.Cause == FailureCause.Auth && i + 1 < passwords.Count)
            {
                // The next one.
            }
        }
    }
}
