using System.Net;

namespace Rekey.Rotators.Redis;

/// <summary>One server of a replicated set or cluster.</summary>
/// <param name="Host">A name or an address; what its certificate must be for.</param>
/// <param name="Address">The address to connect to when it was looked up already; null to look it up.</param>
internal sealed record RedisEndpoint(string Host, int Port, IPAddress? Address = null)
{
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
