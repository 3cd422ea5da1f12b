using System.Buffers;

namespace Rekey.Rotators;

/// <summary>
/// The syntax of a secret's <c>host</c>. Drivers read more than a name into it (lists of hosts, ports, socket paths, whole connection
/// strings); whoever may write a secret must not be able to reach that.
/// </summary>
internal static class HostName
{
    /// <summary>Longest name in the Domain Name System, in characters (RFC 1035, 2.3.4).</summary>
    private const int LengthMax = 253;

    private static readonly SearchValues<char> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:");

    /// <summary>
    /// Letters, digits, dot, hyphen and underscore, or an IPv6 address without brackets; a name outside ASCII in its xn-- form.
    /// </summary>
    public static string Demand(string host)
    {
        var isName = host.Length is > 0 and <= LengthMax && !host.AsSpan().ContainsAnyExcept(Characters) && host[0] != '-';
        if (isName && host.Contains(':')) isName = System.Net.IPAddress.TryParse(host, out _);
        if (isName) return host;
        throw SecretJson.Fault("host is not a host name or address in secret JSON", "host");
    }
}
