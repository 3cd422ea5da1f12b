using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// For IpAddress and NotIpAddress: an address or a range in CIDR format. An IPv4 address mapped into IPv6 is the IPv4 address, in policies
/// and in requests; a range of one family never holds an address of the other. Bits behind the prefix do not matter.
/// </summary>
internal sealed class AddressValue : ConditionValue
{
    private const int MappedPrefix = 96;

    private readonly UInt128 _network;
    private readonly UInt128 _mask;

    private AddressValue(string text, bool isIPv4, UInt128 address, int prefix)
        : base(text)
    {
        IsIPv4 = isIPv4;
        _mask = prefix == 0 ? UInt128.Zero : UInt128.MaxValue << ((isIPv4 ? 32 : 128) - prefix);
        _network = address & _mask;
        PrefixLength = prefix;
    }

    public bool IsIPv4 { get; }

    /// <summary>Bits of the network, of 32 or 128.</summary>
    public int PrefixLength { get; }

    public static AddressValue? TryParse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryParseAddress(slash < 0 ? text : text.AsSpan(0, slash), out var isIPv4, out var isMapped, out var address)) return null;
        var bits = isIPv4 && !isMapped ? 32 : 128;
        var prefix = bits;
        if (slash >= 0)
        {
            var digits = text.AsSpan(slash + 1);
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits) return null;
        }
        if (!isMapped) return new AddressValue(text, isIPv4, address, prefix);
        // A mapped range wider than all of IPv4 is one of IPv6.
        return prefix >= MappedPrefix
            ? new AddressValue(text, isIPv4: true, address, prefix - MappedPrefix)
            : new AddressValue(text, isIPv4: false, (UInt128)0xFFFF << 32 | address, prefix);
    }

    public override bool? Matches(string value, ContextKeys keys) =>
        TryParseAddress(value, out var isIPv4, out _, out var address) && isIPv4 == IsIPv4 && (address & _mask) == _network;

    /// <summary>Neither zones nor brackets nor the short forms of IPv4 addresses.</summary>
    private static bool TryParseAddress(ReadOnlySpan<char> text, out bool isIPv4, out bool isMapped, out UInt128 address)
    {
        (isIPv4, isMapped, address) = (false, false, default);
        if (text.ContainsAny('%', '[', ']') || !IPAddress.TryParse(text, out var parsed)) return false;
        isMapped = parsed.IsIPv4MappedToIPv6;
        isIPv4 = isMapped || parsed.AddressFamily == AddressFamily.InterNetwork;
        if (isIPv4 && !isMapped && !IsDottedQuad(text)) return false;
        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out var length);
        foreach (var part in bytes[(isMapped ? 12 : 0)..length]) address = address << 8 | part;
        return true;
    }

    private static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (part.Length is 0 or > 3 || part.ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0')) return false;
            parts++;
        }
        return parts == 4;
    }
}
