using System.Net;
using System.Net.Sockets;

namespace Rekey.Rotators.Redis;

/// <summary>
/// Whether credentials may be sent to an address that a server announced for another of its set. The server was trusted with them itself,
/// but it must not be able to aim Rekey at whatever Rekey can reach.
/// Over verified TLS the other one proves by its certificate that it is what was announced, or what the secret names; without TLS nothing
/// proves anything, so that only the private networks and the announcing server's own address are taken. Loopback and link-local
/// addresses (there clouds keep their metadata service) are those of Rekey's machine, not of the server's: they are taken only from a
/// server that was itself reached at such an address.
/// </summary>
internal static class AnnouncedAddress
{
    /// <summary>The endpoint with the address to connect to. <see cref="FailureCause.Precondition"/> when it may not be.</summary>
    public static async Task<RedisEndpoint> DemandAsync(
        RedisEndpoint announced, RedisConnection by, RotatorOptions options, CancellationToken cancellationToken)
    {
        var address = await ResolveAsync(announced, options, cancellationToken);
        if (IsAllowed(address, by.Remote.Address, by.IsEncrypted)) return announced with { Address = address };
        throw new RotatorException(FailureCause.Precondition,
            $"The server at {by.Endpoint} announces {announced} ({address}) as one of its set; Rekey does not send credentials there "
                + (by.IsEncrypted ? "" : "without TLS ") + "(replica-announce-ip, cluster-announce-ip)");
    }

    /// <param name="announced">The address announced.</param>
    /// <param name="by">The address that the announcing server answered at.</param>
    /// <param name="isEncrypted">Whether the connections are by verified TLS.</param>
    public static bool IsAllowed(IPAddress announced, IPAddress by, bool isEncrypted)
    {
        (announced, by) = (Plain(announced), Plain(by));
        if (announced.Equals(by)) return true;
        if (IPAddress.IsLoopback(announced)) return IPAddress.IsLoopback(by);
        if (IsLinkLocal(announced)) return IsLinkLocal(by);
        if (announced.Equals(IPAddress.Any) || announced.Equals(IPAddress.IPv6Any) || IsMulticast(announced)) return false;
        return isEncrypted || IsPrivate(announced);
    }

    private static async Task<IPAddress> ResolveAsync(RedisEndpoint announced, RotatorOptions options, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(announced.Host, out var literal)) return literal;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.ConnectTimeout);
        try
        {
            return (await Dns.GetHostAddressesAsync(HostName.Demand(announced.Host), deadline.Token))[0];
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RedisErrors.FromSocket(e, announced.ToString());
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsLinkLocal(IPAddress address) =>
        address.IsIPv6LinkLocal || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..]);

    private static bool IsMulticast(IPAddress address) =>
        address.IsIPv6Multicast || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] >= 224);

    private static bool IsPrivate(IPAddress address) =>
        address.IsIPv6UniqueLocal || (address.AddressFamily == AddressFamily.InterNetwork
            && address.GetAddressBytes() is [10, ..] or [192, 168, ..] or [172, >= 16 and <= 31, ..] or [100, >= 64 and <= 127, ..]);
}
