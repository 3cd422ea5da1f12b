using System.Text;

namespace Rekey.Rotators.MySql;

/// <summary>Text whose UTF-8 was taken for the server's "latin1", which is Windows-1252 with its gaps filled.</summary>
internal static class MisreadText
{
    /// <summary>The characters of the bytes from 0x80 to 0x9F.</summary>
    private const string High =
        "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f"
            + "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Misread(string text) =>
        string.Concat(Encoding.UTF8.GetBytes(text).Select(value => value is >= 0x80 and <= 0x9f ? High[value - 0x80] : (char)value));

    /// <summary>The text as it was meant; text that cannot have been misread is returned as it is.</summary>
    public static string Mend(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            var at = High.IndexOf(text[i], StringComparison.Ordinal);
            if (at < 0 && text[i] > 0xff) return text;
            bytes[i] = at >= 0 ? (byte)(0x80 + at) : (byte)text[i];
        }
        try
        {
            return Strict.GetString(bytes);
        }
        catch (ArgumentException)
        {
            return text;
        }
    }
}
