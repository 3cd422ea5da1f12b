using System.Globalization;

namespace Rekey.Aws.SigV4;

/// <summary>A time as signatures write it: UTC, ISO 8601 basic format, whole seconds, <c>20150830T123600Z</c>.</summary>
public static class AmzDate
{
    /// <summary>Characters of a time.</summary>
    public const int Length = 16;

    private const string Pattern = "yyyyMMdd'T'HHmmss'Z'";

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(Pattern, CultureInfo.InvariantCulture);

    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length != Length || text[8] != 'T' || text[15] != 'Z') return false;
        var isDate = TryNumber(text[..4], out var year) & TryNumber(text[4..6], out var month) & TryNumber(text[6..8], out var day);
        var isTime = TryNumber(text[9..11], out var hour) & TryNumber(text[11..13], out var minute)
            & TryNumber(text[13..15], out var second);
        if (!isDate || !isTime) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        if (hour > 23 || minute > 59 || second > 59) return false;
        time = new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero);
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, out int number)
    {
        number = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit)) return false;
            number = number * 10 + (digit - '0');
        }

        return true;
    }
}
