using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>Conditions for <see cref="ReferencePolicy"/>: each operator as a relation, and sets around it.</summary>
internal static class ReferenceConditions
{
    private static readonly Dictionary<string, Func<int, bool>> Orders = new()
    {
        ["Equals"] = order => order == 0,
        ["NotEquals"] = order => order == 0,
        ["LessThan"] = order => order < 0,
        ["LessThanEquals"] = order => order <= 0,
        ["GreaterThan"] = order => order > 0,
        ["GreaterThanEquals"] = order => order >= 0,
    };

    public static IEnumerable<bool?> All(JsonElement condition, IReadOnlyDictionary<string, string[]> context, bool isNew) =>
        from comparison in condition.EnumerateObject()
        from key in comparison.Value.EnumerateObject()
        select Holds(comparison.Name, ReferencePolicy.Texts(key.Value), Given(key.Name, context), context, isNew);

    private static string[] Given(string key, IReadOnlyDictionary<string, string[]> context) =>
        [.. context.Where(entry => entry.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).SelectMany(entry => entry.Value)];

    private static bool? Holds(
        string comparison, string[] wanted, string[] given, IReadOnlyDictionary<string, string[]> context, bool isNew)
    {
        if (comparison == "Null") return wanted.Any(value => bool.Parse(value) == (given.Length == 0));
        var forAll = comparison.StartsWith("ForAllValues:", StringComparison.Ordinal);
        var forAny = comparison.StartsWith("ForAnyValue:", StringComparison.Ordinal);
        var name = comparison[(comparison.IndexOf(':') + 1)..];
        var ifExists = name.EndsWith("IfExists", StringComparison.Ordinal);
        if (ifExists) name = name[..^"IfExists".Length];
        var isNegated = name.Contains("Not");
        bool Passes(string value)
        {
            var matches = wanted.Select(pattern => Matches(name, pattern, value, context, isNew)).ToArray();
            return isNegated ? matches.All(match => match == false) : matches.Any(match => match == true);
        }
        if (forAll) return given is [""] || given.All(Passes);
        if (forAny) return given.Any(Passes);
        return given.Length switch
        {
            0 => ifExists || isNegated,
            1 => Passes(given[0]),
            _ => null,
        };
    }

    /// <summary>Whether one value is in the relation, before negation; null when a variable has no value.</summary>
    private static bool? Matches(string name, string pattern, string value, IReadOnlyDictionary<string, string[]> context, bool isNew)
    {
        if (name is "IpAddress" or "NotIpAddress") return IsInRange(pattern, value);
        if (name == "Bool") return pattern.Equals(value, StringComparison.OrdinalIgnoreCase);
        if (name == "BinaryEquals") return Convert.FromBase64String(pattern).SequenceEqual(Convert.FromBase64String(value));
        if (name.StartsWith("Numeric", StringComparison.Ordinal))
            return Orders[name["Numeric".Length..]](Number(value).CompareTo(Number(pattern)));
        if (name.StartsWith("Date", StringComparison.Ordinal)) return Orders[name["Date".Length..]](Date(value).CompareTo(Date(pattern)));
        if (name.StartsWith("Arn", StringComparison.Ordinal)) return IsArn(pattern, value, context, isNew);
        var text = ReferencePolicy.Expression(pattern, isNew, name.EndsWith("Like", StringComparison.Ordinal), ".*", context);
        if (text is null) return null;
        return name.EndsWith("IgnoreCase", StringComparison.Ordinal)
            ? ReferencePolicy.IsMatch("(?i)" + text, value)
            : ReferencePolicy.IsMatch(text, value);
    }

    private static bool? IsArn(string pattern, string value, IReadOnlyDictionary<string, string[]> context, bool isNew)
    {
        // Variables stand in the last part of the patterns here, so they may be split like the values.
        var (wanted, given) = (pattern.Split(':', 6), value.Split(':', 6));
        var expressions = wanted.Select(part => ReferencePolicy.Expression(part, isNew, isLike: true, ".*", context)).ToArray();
        if (expressions.Contains(null)) return null;
        return wanted.Length == 6 && given.Length == 6
            && expressions.Zip(given).All(pair => ReferencePolicy.IsMatch(pair.First!, pair.Second));
    }

    private static bool IsInRange(string range, string value)
    {
        var address = Unmapped(IPAddress.Parse(value));
        var parts = range.Split('/');
        var network = Unmapped(IPAddress.Parse(parts[0]));
        var bits = network.GetAddressBytes().Length * 8;
        var prefix = parts.Length == 1 ? bits : int.Parse(parts[1], CultureInfo.InvariantCulture);
        if (parts[0].Contains(':') && bits == 32) prefix = parts.Length == 1 ? 32 : prefix - 96;
        return address.AddressFamily == network.AddressFamily && Bits(address).Take(prefix).SequenceEqual(Bits(network).Take(prefix));
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IEnumerable<char> Bits(IPAddress address) => address.GetAddressBytes().SelectMany(part => $"{part:b8}");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static double Date(string text) => text.Length > 4 && text.All(char.IsAsciiDigit)
        ? Number(text)
        : (DateTimeOffset.Parse(text.Length == 4 ? text + "-01-01" : text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            - DateTimeOffset.UnixEpoch).TotalSeconds;
}
