using System.Text;
using System.Text.RegularExpressions;

namespace Rekey.Server.Protocols.Shapes;

/// <summary>Patterns of service models as .NET regular expressions: whole-value match, ASCII classes, linear time.</summary>
internal static class PatternText
{
    public static Regex Compile(string pattern) =>
        new($@"\A(?:{ToAscii(pattern)})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>Java's <c>\d</c> and <c>\w</c> are ASCII, those of .NET are not.</summary>
    private static string ToAscii(string pattern)
    {
        var text = new StringBuilder(pattern.Length + 16);
        var inClass = false;
        for (var index = 0; index < pattern.Length; index++)
        {
            var letter = pattern[index];
            if (letter == '\\' && index + 1 < pattern.Length)
            {
                var range = pattern[++index] switch
                {
                    'd' => "0-9",
                    'w' => "a-zA-Z0-9_",
                    _ => null,
                };
                if (range is null) text.Append('\\').Append(pattern[index]);
                else if (inClass) text.Append(range);
                else text.Append('[').Append(range).Append(']');
                continue;
            }
            if (letter == '[') inClass = true;
            if (letter == ']') inClass = false;
            text.Append(letter);
        }
        return text.ToString();
    }
}
