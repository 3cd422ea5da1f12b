using Rekey.Rotators.Redis;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>Several servers that belong together: a primary and its replicas, or the members of a cluster.</summary>
internal sealed class PrivateRedisSet : IAsyncDisposable
{
    private const string Password = "set-administrator";

    private readonly List<PrivateRedis> _servers = [];

    public IReadOnlyList<PrivateRedis> All => _servers;

    public PrivateRedis Primary => _servers[0];

    public PrivateRedis Replica => _servers[1];

    /// <summary>A primary and replicas of it, in step.</summary>
    /// <param name="kind">The program.</param>
    /// <param name="replicas">How many.</param>
    /// <param name="setup">Of each server.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<PrivateRedisSet> ReplicatedAsync(
        RedisKind kind, int replicas, PrivateRedisSetup setup, CancellationToken cancellationToken)
    {
        setup = setup with
        {
            AdminPassword = Password,
            Settings = [$"masteruser {PrivateRedis.Admin}", $"masterauth {Password}", .. setup.Settings],
        };
        var set = new PrivateRedisSet();
        try
        {
            set._servers.Add(await PrivateRedis.StartAsync(kind, setup, cancellationToken));
            for (var i = 0; i < replicas; i++)
            {
                var replica = setup with { Settings = [.. setup.Settings, $"replicaof {PrivateRedis.Host} {set.Primary.Port}"] };
                set._servers.Add(await PrivateRedis.StartAsync(kind, replica, cancellationToken));
            }
            await set.UntilInStepAsync(cancellationToken);
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>A cluster without replicas that serves all slots.</summary>
    public static async Task<PrivateRedisSet> ClusterAsync(RedisKind kind, int members, CancellationToken cancellationToken)
    {
        const int Slots = 16384;
        var set = new PrivateRedisSet();
        try
        {
            for (var i = 0; i < members; i++)
            {
                set._servers.Add(await PrivateRedis.StartAsync(kind, new PrivateRedisSetup
                {
                    AdminPassword = Password,
                    UsesAclFile = true,
                    Settings = ["cluster-enabled yes", $"cluster-port {FreePort.Next()}", "cluster-node-timeout 2000"],
                }, cancellationToken));
            }
            for (var i = 0; i < members; i++)
            {
                var (first, last) = (Slots * i / members, (Slots * (i + 1) / members) - 1);
                await set._servers[i].ExecuteAsync(cancellationToken, "CLUSTER", "ADDSLOTSRANGE", $"{first}", $"{last}");
                var bus = (await set._servers[i].ExecuteAsync(cancellationToken, "CONFIG", "GET", "cluster-port")).Items[1].Text;
                if (i == 0) continue;
                await set.Primary.ExecuteAsync(cancellationToken, "CLUSTER", "MEET", PrivateRedis.Host, $"{set._servers[i].Port}", bus);
            }
            foreach (var server in set._servers)
            {
                await UntilAsync(async () => (await server.ExecuteAsync(cancellationToken, "CLUSTER", "INFO")).Text is var info
                    && info.Contains("cluster_state:ok") && info.Contains($"cluster_known_nodes:{members}"), cancellationToken);
            }
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every replica follows a primary.</summary>
    public async Task UntilInStepAsync(CancellationToken cancellationToken)
    {
        foreach (var server in _servers)
        {
            await UntilAsync(async () =>
            {
                var info = (await server.ExecuteAsync(cancellationToken, "INFO", "replication")).Text;
                return info.Contains("role:master") ? InfoNumber(info, "connected_slaves") == _servers.Count - 1
                    : info.Contains("master_link_status:up");
            }, cancellationToken);
        }
    }

    public async Task SetUserAsync(string username, CancellationToken cancellationToken, params string[] rules)
    {
        foreach (var server in _servers) await server.SetUserAsync(username, cancellationToken, rules);
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        foreach (var server in _servers)
        {
            await server.CrashAsync();
            await server.StartAsync(cancellationToken);
        }
        await UntilInStepAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        while (!await condition()) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
    }

    private static int InfoNumber(string info, string name) =>
        int.Parse(info.Split("\r\n").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(':')[1]);
}
