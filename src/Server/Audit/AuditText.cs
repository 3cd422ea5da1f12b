namespace Rekey.Server.Audit;

/// <summary>
/// Text from outside, made safe for a record: cut to its limit, and without control characters that could forge a line or colour a
/// terminal.
/// </summary>
internal static class AuditText
{
    public static string? UserAgent(string? text) => Clean(text, Limits.AuditUserAgentCharsMax);

    public static string? ErrorMessage(string? text) => Clean(text, Limits.AuditErrorTextCharsMax);

    private static string? Clean(string? text, int charsMax)
    {
        if (text is null) return null;
        if (text.Length > charsMax) text = text[..(char.IsHighSurrogate(text[charsMax - 1]) ? charsMax - 1 : charsMax)];
        return text.AsSpan().IndexOfAnyInRange('\u0000', '\u001F') < 0 && text.AsSpan().IndexOfAnyInRange('\u007F', '\u009F') < 0
            ? text
            : string.Create(text.Length, text, (target, source) =>
            {
                for (var index = 0; index < source.Length; index++) target[index] = char.IsControl(source[index]) ? ' ' : source[index];
            });
    }
}
