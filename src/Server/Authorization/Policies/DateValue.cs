using System.Globalization;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// For the Date operators: a date and time in one of the W3C's profiles of ISO 8601, or seconds since 1970. Four digits are a year. A time
/// without a zone is UTC.
/// </summary>
internal sealed class DateValue(string text, DateTimeOffset date, Comparison comparison) : ConditionValue(text)
{
    private const int YearDigits = 4;

    private static readonly string[] s_formats =
    [
        "yyyy", "yyyy-MM", "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    public static bool TryParse(string text, out DateTimeOffset date)
    {
        date = default;
        var digits = text.StartsWith('-') ? text.AsSpan(1) : text;
        if (text.Length != YearDigits && !digits.IsEmpty && !digits.ContainsAnyExceptInRange('0', '9'))
            return TryParseEpoch(text, out date);
        return !text.EndsWith('.') && DateTimeOffset.TryParseExact(
            text, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out date);
    }

    public override bool? Matches(string value, ContextKeys keys) =>
        TryParse(value, out var given) && Ordering.Holds(comparison, given.CompareTo(date));

    private static bool TryParseEpoch(string text, out DateTimeOffset date)
    {
        date = default;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)) return false;
        if (seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds()) return false;
        date = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }
}
