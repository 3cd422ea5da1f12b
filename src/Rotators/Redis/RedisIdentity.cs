namespace Rekey.Rotators.Redis;

/// <summary>
/// What tells one set of servers from another. Redis has no identifier that lives: run_id is one process's, and the replication id is made
/// anew at each start of a primary. So an identity is all the evidence there is (the name that a certificate proved, the address that
/// answered, the replication id), and two identities are of one system when any of it agrees: a restart changes the last, a move the
/// second, a failover keeps the history of the last. Written as <c>tls=name:port at=address:port replid=...</c>.
/// </summary>
internal sealed record RedisIdentity(string? TlsName, string? Address, IReadOnlyList<string> ReplicationIds)
{
    public static RedisIdentity Of(RedisConnection connection, string secretHost, RedisFacts? facts) => new(
        connection.IsEncrypted ? $"{secretHost.ToLowerInvariant()}:{connection.Endpoint.Port}" : null,
        AddressOf(connection), facts?.ReplicationIds ?? []);

    public static string AddressOf(RedisConnection connection)
    {
        var address = connection.Remote.Address;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return new RedisEndpoint(address.ToString(), connection.Remote.Port).ToString();
    }

    /// <summary>Reads what <see cref="ToString"/> wrote; unknown words are passed over.</summary>
    public static RedisIdentity Parse(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('=', 2))
            .Where(word => word.Length == 2).ToLookup(word => word[0], word => word[1]);
        return new RedisIdentity(words["tls"].FirstOrDefault(), words["at"].FirstOrDefault(), [.. words["replid"]]);
    }

    /// <param name="other">The other identity.</param>
    /// <param name="addresses">The addresses of this one's whole set, as far as they are known.</param>
    public bool IsSameSystem(RedisIdentity other, IReadOnlyCollection<string> addresses) =>
        (TlsName is not null && TlsName == other.TlsName)
        || (other.Address is not null && (Address == other.Address || addresses.Contains(other.Address)))
        || ReplicationIds.Intersect(other.ReplicationIds).Any();

    /// <summary>With the present replication id alone: the former one is for comparing, not for keeping.</summary>
    public override string ToString()
    {
        List<string> words = [];
        if (TlsName is not null) words.Add($"tls={TlsName}");
        if (Address is not null) words.Add($"at={Address}");
        if (ReplicationIds.Count > 0) words.Add($"replid={ReplicationIds[0]}");
        return string.Join(' ', words);
    }
}
