using System.Net;
using System.Net.Sockets;

namespace Rekey.Server.Webhooks;

/// <summary>
/// Which addresses a webhook may be sent to. Whoever may set a webhook, or a name server's answer, must not make this server speak to what
/// only it can reach: the metadata of its machine above all. Source: the registries of special-purpose addresses (RFC 6890) and the cloud
/// providers' documentation of their metadata services.
/// </summary>
internal static class WebhookAddresses
{
    /// <summary>Never: this network, link-local (metadata of most clouds), documentation, multicast, reserved, other metadata.</summary>
    private static readonly IPNetwork[] s_forbidden =
    [
        .. Networks(
            "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
            "240.0.0.0/4", "168.63.129.16/32", "100.100.100.200/32", "::/128", "fe80::/10", "fec0::/10", "ff00::/8", "2001:db8::/32",
            "2001::/32", "100::/64", "fd00:ec2::/32", "fd20:ce::/32"),
    ];

    /// <summary>Where the operator says so: this machine, private networks, those of carriers and of benchmarks.</summary>
    private static readonly IPNetwork[] s_private =
    [
        .. Networks(
            "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "::1/128", "fc00::/7"),
    ];

    public static bool IsAllowed(IPAddress address, bool allowPrivate)
    {
        var real = Unwrap(address);
        if (s_forbidden.Any(network => network.Contains(real))) return false;
        return allowPrivate || !IsPrivate(real);
    }

    public static bool IsPrivate(IPAddress address) => s_private.Any(network => network.Contains(Unwrap(address)));

    /// <summary>The IPv4 address inside an IPv6 address that leads to one: mapped, compatible, NAT64, 6to4.</summary>
    private static IPAddress Unwrap(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        ReadOnlySpan<byte> nat64 = [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0];
        ReadOnlySpan<byte> localNat64 = [0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01];
        if (bytes.StartsWith(nat64) || bytes.StartsWith(localNat64)) return new IPAddress(bytes[12..]);
        if (bytes is [0x20, 0x02, ..]) return new IPAddress(bytes[2..6]);
        var isCompatible = bytes[..12].IndexOfAnyExcept((byte)0) < 0 && bytes[12..].IndexOfAnyExcept((byte)0) >= 0;
        return isCompatible && !IPAddress.IPv6Loopback.Equals(address) ? new IPAddress(bytes[12..]) : address;
    }

    private static IEnumerable<IPNetwork> Networks(params string[] texts) => texts.Select(text => IPNetwork.Parse(text));
}
