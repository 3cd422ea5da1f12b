namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// Matching of wildcard patterns without backtracking explosions: time is at most the product of the two lengths. In a pattern wildcards
/// are noncharacters of Unicode, so that a literal asterisk or question mark is just a character.
/// </summary>
internal static class Wildcards
{
    /// <summary>Any run of characters, also none.</summary>
    public const char AnyRun = '\uFDD0';

    /// <summary>Exactly one character.</summary>
    public const char AnyOne = '\uFDD1';

    /// <summary>Any run without a colon.</summary>
    public const char SegmentRun = '\uFDD2';

    /// <summary>Exactly one character, not a colon.</summary>
    public const char SegmentOne = '\uFDD3';

    public static bool AreIn(ReadOnlySpan<char> text) => text.ContainsAnyInRange(AnyRun, SegmentOne);

    /// <summary>Pattern with <see cref="AnyRun"/> and <see cref="AnyOne"/>; case matters.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text) => Matches(pattern, text, ignoreCase: false);

    public static bool MatchesIgnoringCase(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text) => Matches(pattern, text, ignoreCase: true);

    /// <summary>
    /// Only the last run that was met is ever widened: what stands between two runs has been found at its earliest place, and a later place
    /// would leave less for the rest.
    /// </summary>
    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase)
    {
        var (p, t) = (0, 0);
        var (afterRun, runEnd) = (-1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == AnyRun)
            {
                (afterRun, runEnd) = (++p, t);
                if (p == pattern.Length) return true;
            }
            else if (p < pattern.Length && pattern[p] == AnyOne)
            {
                t += LengthAt(text, t);
                p++;
            }
            else if (p < pattern.Length && AreEqual(pattern[p], text[t], ignoreCase))
            {
                (p, t) = (p + 1, t + 1);
            }
            else if (afterRun >= 0)
            {
                (p, t) = (afterRun, ++runEnd);
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == AnyRun) p++;
        return p == pattern.Length;
    }

    private static bool AreEqual(char left, char right, bool ignoreCase) =>
        left == right || (ignoreCase && char.ToUpperInvariant(left) == char.ToUpperInvariant(right));

    /// <summary>UTF-16 units of the character that begins here.</summary>
    private static int LengthAt(ReadOnlySpan<char> text, int index) =>
        index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]) ? 2 : 1;

    /// <summary>
    /// Pattern with all four wildcards. A run that stops at colons may have to give way to an earlier one that does not, so every place in
    /// the pattern that the text may have reached is followed at once.
    /// </summary>
    public static bool MatchesSegments(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        const int OnStack = 512;
        var reached = pattern.Length < OnStack ? stackalloc bool[pattern.Length + 1] : new bool[pattern.Length + 1];
        reached.Clear();
        reached[0] = true;
        PassRuns(pattern, reached);
        for (var t = 0; t < text.Length; t++)
        {
            var any = false;
            for (var p = pattern.Length; p >= 0; p--)
            {
                var stays = p < pattern.Length && reached[p] && IsRunOver(pattern[p], text[t]);
                var arrives = p > 0 && reached[p - 1] && IsOneOver(pattern[p - 1], text[t]);
                reached[p] = stays || arrives;
                any |= reached[p];
            }
            if (!any) return false;
            PassRuns(pattern, reached);
        }
        return reached[pattern.Length];
    }

    /// <summary>A run may be empty.</summary>
    private static void PassRuns(ReadOnlySpan<char> pattern, Span<bool> reached)
    {
        for (var p = 0; p < pattern.Length; p++)
            if (reached[p] && pattern[p] is AnyRun or SegmentRun) reached[p + 1] |= reached[p];
    }

    private static bool IsRunOver(char wildcard, char unit) => wildcard == AnyRun || (wildcard == SegmentRun && unit != ':');

    private static bool IsOneOver(char wildcard, char unit) =>
        wildcard == AnyOne || (wildcard == SegmentOne ? unit != ':' : wildcard == unit);
}
