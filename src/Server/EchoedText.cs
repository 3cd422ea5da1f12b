namespace Rekey.Server;

/// <summary>Caller's text fit for a message: printable ASCII, cut to <see cref="Limits.EchoedCharsMax"/>.</summary>
internal static class EchoedText
{
    public static string Shown(ReadOnlySpan<char> text)
    {
        var cut = text[..Math.Min(text.Length, Limits.EchoedCharsMax)];
        return string.Create(cut.Length, cut, static (shown, source) =>
        {
            for (var i = 0; i < shown.Length; i++) shown[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
        });
    }
}
