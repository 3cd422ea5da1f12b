using Rekey.Aws;

namespace Rekey.Rotators.Odbc;

/// <summary>
/// Builds a connection string in which no value can pose as a keyword. Two parsers read it: the driver as UTF-16 or UTF-8, and the
/// driver manager as the low bytes of its characters. Both must see one driver, ours.
/// </summary>
internal sealed class OdbcConnectionString : IDisposable
{
    /// <summary>Longest text that fits the interface's length, which has 16 bits.</summary>
    private const int LengthMax = short.MaxValue;

    private readonly SensitiveText _text = new();

    public OdbcConnectionString(string driverFile) => Add("DRIVER", driverFile);

    public ReadOnlySpan<char> Span => _text.Span;

    public OdbcConnectionString Add(string keyword, ReadOnlySpan<char> value)
    {
        using var held = new SensitiveText().Append(value);
        return Add(keyword, held);
    }

    public OdbcConnectionString Add(string keyword, Sensitive value)
    {
        using var held = new SensitiveText().Append(value);
        return Add(keyword, held);
    }

    /// <summary>Call once, when all is added. Throws when the values cannot be passed on safely.</summary>
    public OdbcConnectionString Check()
    {
        if (_text.Span.Length > LengthMax) throw Refused("The credentials are too long for the database driver");
        if (!DriverManagerSeesOneDriver(_text.Span))
        {
            throw Refused("The credentials hold characters that the ODBC driver manager would take for keywords");
        }
        return this;
    }

    public override string ToString() => Sensitive.Mask;

    public void Dispose() => _text.Dispose();

    private OdbcConnectionString Add(string keyword, SensitiveText value)
    {
        if (!value.Span.IsEmpty && (IsBlank(value.Span[0]) || IsBlank(value.Span[^1])))
        {
            throw Refused($"{keyword} begins or ends with a blank, which the database driver would drop");
        }
        _text.Append(keyword).Append("={");
        foreach (var character in value.Span)
        {
            _text.Append(character);
            if (character == '}') _text.Append('}');
        }
        _text.Append("};");
        return this;
    }

    /// <summary>
    /// Reads the text as the driver manager does: an escaped value ends at a brace that is not doubled, where U+017D is a brace too.
    /// It loads what the last DRIVER names, so that a second one is an attempt to run code here.
    /// </summary>
    private static bool DriverManagerSeesOneDriver(ReadOnlySpan<char> text)
    {
        Span<char> keyword = stackalloc char[8];
        var drivers = 0;
        var position = 0;
        while (position < text.Length)
        {
            var equals = IndexOf(text, position, '=');
            if (equals < 0) break;
            if (IsDriverKeyword(text[position..equals], keyword) && ++drivers > 1) return false;
            position = equals + 1;
            if (position < text.Length && Low(text[position]) == '{')
            {
                position++;
                while (position < text.Length && !(Low(text[position]) == '}' && !IsAt(text, position + 1, '}')))
                {
                    position += Low(text[position]) == '}' ? 2 : 1;
                }
                position++;
            }
            else
            {
                var end = IndexOf(text, position, ';');
                position = end < 0 ? text.Length : end;
            }
            while (position < text.Length && (Low(text[position]) == ';' || IsBlank(Low(text[position])))) position++;
        }
        return drivers == 1;
    }

    private static bool IsDriverKeyword(ReadOnlySpan<char> name, Span<char> buffer)
    {
        if (name.Length > buffer.Length) return false;
        for (var i = 0; i < name.Length; i++) buffer[i] = Low(name[i]);
        var keyword = buffer[..name.Length];
        return keyword.Equals("DRIVER", StringComparison.OrdinalIgnoreCase)
            || keyword.Equals("FILEDSN", StringComparison.OrdinalIgnoreCase)
            || keyword.Equals("DSN", StringComparison.OrdinalIgnoreCase);
    }

    private static int IndexOf(ReadOnlySpan<char> text, int from, char wanted)
    {
        for (var i = from; i < text.Length; i++)
        {
            if (Low(text[i]) == wanted) return i;
        }
        return -1;
    }

    private static bool IsAt(ReadOnlySpan<char> text, int position, char wanted) => position < text.Length && Low(text[position]) == wanted;

    private static char Low(char character) => (char)(character & 0xFF);

    private static bool IsBlank(char character) => character is ' ' or (>= '\t' and <= '\r');

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
