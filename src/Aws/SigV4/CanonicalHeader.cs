using System.Buffers;

namespace Rekey.Aws.SigV4;

/// <summary>
/// A header value of a canonical request: trimmed, every run of white space one space, quoted or not. Values of a repeated header are
/// joined by commas in the order of arrival.
/// </summary>
internal static class CanonicalHeader
{
    private const string WhiteSpace = " \t\r\n\v\f";

    private static readonly SearchValues<char> AnyWhiteSpace = SearchValues.Create(WhiteSpace);

    private static readonly SearchValues<char> OtherWhiteSpace = SearchValues.Create("\t\r\n\v\f");

    public static void AppendValue(ref ByteWriter destination, scoped ReadOnlySpan<char> value)
    {
        value = value.Trim(WhiteSpace);
        if (!value.ContainsAny(OtherWhiteSpace) && value.IndexOf("  ") < 0)
        {
            destination.AppendUtf8(value);
            return;
        }

        while (value.Length > 0)
        {
            var wordLength = value.IndexOfAny(AnyWhiteSpace);
            if (wordLength < 0)
            {
                destination.AppendUtf8(value);
                return;
            }

            destination.AppendUtf8(value[..wordLength]);
            destination.Append((byte)' ');
            value = value[wordLength..].TrimStart(WhiteSpace);
        }
    }
}
