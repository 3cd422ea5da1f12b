using System.Diagnostics.CodeAnalysis;
using System.Text;
using Rekey.Aws;

namespace Rekey.Server.Protocols;

/// <summary>The parameters of a Query request: <c>application/x-www-form-urlencoded</c>, from the body or the query string.</summary>
internal sealed class QueryForm
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly ErrorShape s_malformed = ErrorShape.Framework("MalformedQueryString");

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public string? Action => _values.GetValueOrDefault("Action");

    public string? Version => _values.GetValueOrDefault("Version");

    public bool TryGet(string name, [NotNullWhen(true)] out string? value) => _values.TryGetValue(name, out value);

    /// <summary>True when a parameter below <paramref name="prefix"/> exists: <c>prefix.…</c>.</summary>
    public bool Holds(string prefix)
    {
        foreach (var name in _values.Keys)
            if (name.Length > prefix.Length && name[prefix.Length] == '.' && name.StartsWith(prefix, StringComparison.Ordinal)) return true;
        return false;
    }

    public static QueryForm Parse(ReadOnlySpan<byte> text)
    {
        var form = new QueryForm();
        foreach (var range in text.Split((byte)'&'))
        {
            var part = text[range];
            if (part.IsEmpty) continue;
            if (form._values.Count == Limits.QueryParametersMax) throw Malformed("There are too many parameters.");
            var equals = part.IndexOf((byte)'=');
            var name = Decode(equals < 0 ? part : part[..equals]);
            var value = equals < 0 ? "" : Decode(part[(equals + 1)..]);
            if (!form._values.TryAdd(name, value)) throw Malformed("A parameter appears twice.");
        }
        return form;
    }

    private static string Decode(ReadOnlySpan<byte> text)
    {
        var decoded = new byte[text.Length];
        var length = 0;
        for (var index = 0; index < text.Length; index++)
        {
            var unit = text[index];
            if (unit == '%')
            {
                if (index + 2 >= text.Length || !TryHex(text.Slice(index + 1, 2), out unit)) throw Malformed("An escape is broken.");
                index += 2;
            }
            else if (unit == '+')
            {
                unit = (byte)' ';
            }
            decoded[length++] = unit;
        }
        try
        {
            return s_strict.GetString(decoded, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("A parameter is not valid UTF-8.");
        }
    }

    private static bool TryHex(ReadOnlySpan<byte> digits, out byte value)
    {
        var high = HexValue(digits[0]);
        var low = HexValue(digits[1]);
        var isHex = high >= 0 && low >= 0;
        value = isHex ? (byte)((high << 4) | low) : (byte)0;
        return isHex;
    }

    private static int HexValue(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        _ => -1,
    };

    private static ServiceException Malformed(string why) => new(s_malformed, $"The query string is malformed. {why}");
}
