using System.Globalization;
using System.Net;

namespace Rekey.Rotators.Redis;

/// <summary>What a server says of itself and of its set: its INFO, read.</summary>
/// <param name="ReplicationIds">Of the data it holds now, and of the history it took over from; none where it did not say.</param>
/// <param name="Others">The servers it replicates from or to, as it announces them.</param>
internal sealed record RedisFacts(
    string Version, bool IsCluster, bool IsReplica, IReadOnlyList<string> ReplicationIds, IReadOnlyList<RedisEndpoint> Others)
{
    private const string NoReplicationId = "0000000000000000000000000000000000000000";

    /// <exception cref="InvalidDataException">An address is none.</exception>
    public static RedisFacts Parse(string info)
    {
        var fields = new Dictionary<string, string>();
        foreach (var line in info.Split("\r\n"))
        {
            var colon = line.IndexOf(':');
            if (colon > 0 && line[0] != '#') fields.TryAdd(line[..colon], line[(colon + 1)..]);
        }
        var others = new List<RedisEndpoint>();
        var isReplica = fields.GetValueOrDefault("role") == "slave";
        if (isReplica) others.Add(Endpoint(fields.GetValueOrDefault("master_host"), fields.GetValueOrDefault("master_port")));
        for (var i = 0; fields.TryGetValue($"slave{i}", out var replica); i++)
        {
            var parts = replica.Split(',').Select(part => part.Split('=', 2)).Where(part => part.Length == 2)
                .ToDictionary(part => part[0], part => part[1]);
            others.Add(Endpoint(parts.GetValueOrDefault("ip"), parts.GetValueOrDefault("port")));
        }
        string?[] ids = [fields.GetValueOrDefault("master_replid"), fields.GetValueOrDefault("master_replid2")];
        return new RedisFacts(
            fields.GetValueOrDefault("valkey_version") ?? fields.GetValueOrDefault("redis_version") ?? "?",
            fields.GetValueOrDefault("cluster_enabled") == "1", isReplica,
            [.. ids.OfType<string>().Where(id => id.Length == NoReplicationId.Length && id != NoReplicationId)], others);
    }

    /// <summary>
    /// The members that CLUSTER NODES lists, itself too. <see cref="FailureCause.Unavailable"/> when one of them is down: it would come
    /// back with the password it has.
    /// </summary>
    /// <exception cref="InvalidDataException">The text is not of that form.</exception>
    public static IReadOnlyList<RedisEndpoint> ParseClusterNodes(string nodes, RedisEndpoint self)
    {
        var members = new List<RedisEndpoint>();
        foreach (var line in nodes.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            if (words.Length < 8) throw new InvalidDataException();
            var flags = words[2].Split(',');
            if (flags.Contains("handshake")) continue;
            if (flags.Contains("myself"))
            {
                members.Add(self);
                continue;
            }
            if (flags.Contains("fail") || flags.Contains("noaddr"))
            {
                throw new RotatorException(FailureCause.Unavailable,
                    $"The member {words[1].Split('@')[0]} of the cluster is down; it would come back with its old password. "
                        + "Bring it up, or take it out with CLUSTER FORGET");
            }
            members.Add(ClusterAddress(words[1]));
        }
        return members;
    }

    /// <summary>The form is address:port@busport, and from version 7 on a host name may follow a comma.</summary>
    private static RedisEndpoint ClusterAddress(string word)
    {
        var parts = word.Split(',');
        var address = parts[0].Split('@')[0];
        var colon = address.LastIndexOf(':');
        if (colon < 0) throw new InvalidDataException();
        var name = parts.Length > 1 && parts[1].Length > 0 && !parts[1].Contains('=') ? parts[1] : address[..colon];
        return Endpoint(name, address[(colon + 1)..]);
    }

    private static RedisEndpoint Endpoint(string? host, string? port)
    {
        if (string.IsNullOrEmpty(host) || !int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number is < 1 or > IPEndPoint.MaxPort)
        {
            throw new InvalidDataException("The server announces an address that is none.");
        }
        return new RedisEndpoint(host, number);
    }
}
