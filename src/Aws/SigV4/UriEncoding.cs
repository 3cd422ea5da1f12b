using System.Buffers;
using System.Globalization;
using System.Text;

namespace Rekey.Aws.SigV4;

/// <summary>AWS's UriEncode: everything but RFC 3986 unreserved characters becomes %XX with upper-case digits.</summary>
internal static class UriEncoding
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    private static readonly SearchValues<char> UnreservedCharacters = SearchValues.Create(Unreserved);

    /// <summary>Encodes <paramref name="text"/> as it stands: a percent sign becomes %25.</summary>
    public static void Append(ref ByteWriter destination, scoped ReadOnlySpan<char> text) => Append(ref destination, text, decode: false);

    /// <summary>Encodes what <paramref name="text"/> means: escapes are decoded first and '+' is a space, as in a form.</summary>
    public static void AppendDecoded(ref ByteWriter destination, scoped ReadOnlySpan<char> text) =>
        Append(ref destination, text, decode: true);

    private static void Append(ref ByteWriter destination, scoped ReadOnlySpan<char> text, bool decode)
    {
        while (true)
        {
            var plainCount = text.IndexOfAnyExcept(UnreservedCharacters);
            if (plainCount < 0)
            {
                destination.AppendUtf8(text);
                return;
            }

            destination.AppendUtf8(text[..plainCount]);
            text = text[plainCount..];
            text = text[AppendSpecial(ref destination, text, decode)..];
        }
    }

    /// <summary>Writes the first character or escape of <paramref name="text"/>; answers how many characters it took.</summary>
    private static int AppendSpecial(ref ByteWriter destination, scoped ReadOnlySpan<char> text, bool decode)
    {
        if (decode && text[0] == '%' && text.Length >= 3
            && byte.TryParse(text.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var escaped))
        {
            AppendByte(ref destination, escaped);
            return 3;
        }

        if (decode && text[0] == '+')
        {
            AppendByte(ref destination, (byte)' ');
            return 1;
        }

        Rune.DecodeFromUtf16(text, out var rune, out var charCount);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var value in utf8[..rune.EncodeToUtf8(utf8)]) AppendByte(ref destination, value);
        return charCount;
    }

    private static void AppendByte(ref ByteWriter destination, byte value)
    {
        if (value < 0x80 && UnreservedCharacters.Contains((char)value))
        {
            destination.Append(value);
            return;
        }

        destination.Append((byte)'%');
        destination.Append("0123456789ABCDEF"u8[value >> 4]);
        destination.Append("0123456789ABCDEF"u8[value & 15]);
    }
}
