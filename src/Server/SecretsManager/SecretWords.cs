namespace Rekey.Server.SecretsManager;

/// <summary>
/// How AWS splits a text into words for the filters <c>description</c> and <c>all</c>: at white space and <c>/-_+=.@</c>; then around every
/// run of lower-case letters together with the one other character before it; then between a letter and a digit.
/// <c>ThisTestSecret</c> is This, Test, Secret; <c>COMPANYthings</c> is COMPAN, Ythings; <c>secretABC</c> is one word.
/// </summary>
internal static class SecretWords
{
    private const string Separators = "/-_+=.@";

    /// <summary>
    /// True when every word of the value begins some word of the text, in any case. A value without words matches nothing.
    /// </summary>
    public static bool Match(string text, List<string> valueWords)
    {
        if (valueWords.Count == 0) return false;
        var textWords = Split(text);
        return valueWords.TrueForAll(wanted => textWords.Exists(word => word.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)));
    }

    public static List<string> Split(string text)
    {
        var words = new List<string>();
        var start = 0;
        for (var index = 0; index <= text.Length; index++)
        {
            if (index < text.Length && !IsSeparator(text[index])) continue;
            SplitByCase(text.AsSpan(start, index - start), words);
            start = index + 1;
        }
        return words;
    }

    /// <summary>The parts of a split at <c>[^a-z][a-z]+</c> that keeps what it splits at.</summary>
    private static void SplitByCase(ReadOnlySpan<char> text, List<string> words)
    {
        var start = 0;
        var index = 0;
        while (index + 1 < text.Length)
        {
            if (char.IsAsciiLetterLower(text[index]) || !char.IsAsciiLetterLower(text[index + 1]))
            {
                index++;
                continue;
            }
            SplitAtNumbers(text[start..index], words);
            start = index++;
            while (index < text.Length && char.IsAsciiLetterLower(text[index])) index++;
            SplitAtNumbers(text[start..index], words);
            start = index;
        }
        SplitAtNumbers(text[start..], words);
    }

    private static void SplitAtNumbers(ReadOnlySpan<char> text, List<string> words)
    {
        var start = 0;
        for (var index = 1; index < text.Length; index++)
        {
            if (!char.IsAsciiLetter(text[index - 1]) || !char.IsAsciiDigit(text[index])) continue;
            words.Add(text[start..index].ToString());
            start = index;
        }
        if (start < text.Length) words.Add(text[start..].ToString());
    }

    private static bool IsSeparator(char character) =>
        char.IsWhiteSpace(character) || Separators.Contains(character, StringComparison.Ordinal);
}
