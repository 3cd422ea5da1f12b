using System.Globalization;
using System.Text;

namespace Rekey.Conformance.Reference;

/// <summary>
/// Names for what a server draws at random, such as <c>~s17~</c> for the end of the ARN that call 17 made. A symbol is bound to what the
/// server says at first sight, and must be the same from then on.
/// </summary>
internal sealed class Symbols
{
    private const char Mark = '~';
    private const int SuffixLength = 6;
    private const int UuidLength = 36;

    private readonly Dictionary<string, string> _values = [];

    public static string ArnSuffix(int step) => Name('s', step);

    public static string PageToken(int step) => Name('t', step);

    /// <summary>
    /// The id of a version that the service made by itself: for one secret there is one at a time. A promoted secret has the random end of
    /// its former primary, and may rotate at the same moment.
    /// </summary>
    public static string Version(KnownSecret secret, DateTimeOffset now)
    {
        var arn = secret.Arn.Split(Mark);
        return string.Create(CultureInfo.InvariantCulture, $"{Mark}v{arn[^2]}in{secret.Region}at{now.ToUnixTimeSeconds()}{Mark}");
    }

    /// <summary>True unless the text has a symbol in it that the server has not given yet.</summary>
    public bool IsKnown(string text) => !Replace(text, bindUnknown: false).Contains(Mark, StringComparison.Ordinal);

    /// <summary>Puts values in place of symbols. What the server never gave is replaced by something that it never gives.</summary>
    public string Fill(string text) => Replace(text, bindUnknown: true)!;

    /// <summary>Binds the symbols of an expected text to what stands in their places. False when the texts differ.</summary>
    public bool Match(string expected, string actual)
    {
        while (true)
        {
            var text = Replace(expected, bindUnknown: false);
            var mark = text.IndexOf(Mark, StringComparison.Ordinal);
            if (mark < 0 || expected.IndexOf(Mark, StringComparison.Ordinal) < 0) return text == actual;
            if (!actual.AsSpan().StartsWith(text.AsSpan(0, mark))) return false;
            var symbol = text[mark..(text.IndexOf(Mark, mark + 1) + 1)];
            if (Drawn(symbol[1], actual.AsSpan(mark)) is not { } value) return false;
            _values[symbol] = value;
        }
    }

    private string Replace(string text, bool bindUnknown)
    {
        var at = text.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0) return text;
        var filled = new StringBuilder();
        var start = 0;
        for (; at >= 0; at = text.IndexOf(Mark, start))
        {
            var end = text.IndexOf(Mark, at + 1) + 1;
            var symbol = text[at..end];
            if (bindUnknown && !_values.ContainsKey(symbol)) _values[symbol] = Never(symbol);
            filled.Append(text, start, at - start).Append(_values.GetValueOrDefault(symbol, symbol));
            start = end;
        }
        return filled.Append(text, start, text.Length - start).ToString();
    }

    /// <summary>Of the symbol's kind, but none that the server gives.</summary>
    private string Never(string symbol) => symbol[1] switch
    {
        's' => "none00",
        'v' => string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-9000-{_values.Count:d12}"),
        _ => "none",
    };

    /// <summary>What the server has drawn at the beginning of a text, or null when it is not of that kind.</summary>
    private static string? Drawn(char kind, ReadOnlySpan<char> text)
    {
        var length = kind switch
        {
            's' => SuffixLength,
            'v' => UuidLength,
            _ => text.IndexOf('"'),
        };
        if (length <= 0 || text.Length < length) return null;
        var value = text[..length].ToString();
        var isValid = kind switch
        {
            's' => value.All(char.IsAsciiLetterOrDigit),
            'v' => Guid.TryParseExact(value, "D", out _),
            _ => true,
        };
        return isValid ? value : null;
    }

    private static string Name(char kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{Mark}{kind}{number}{Mark}");
}
