using System.Globalization;

namespace Rekey.Cli.Commands;

/// <summary>A duration as people type it: a whole number with s, m, h or d behind it; without one it counts seconds.</summary>
internal static class Duration
{
    private const int SecondsMax = int.MaxValue;

    /// <summary>In seconds; null when the text is none, or too long for a number.</summary>
    public static int? Parse(string text)
    {
        if (text.Length == 0) return null;
        var unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 0 };
        var digits = unit == 0 ? text : text[..^1];
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return null;
        var seconds = (long)count * Math.Max(unit, 1);
        return seconds <= SecondsMax ? (int)seconds : null;
    }

    /// <summary>In the greatest unit in which it is a whole number.</summary>
    public static string Show(int seconds)
    {
        var (count, unit) = seconds switch
        {
            > 0 when seconds % 86_400 == 0 => (seconds / 86_400, "d"),
            > 0 when seconds % 3_600 == 0 => (seconds / 3_600, "h"),
            > 0 when seconds % 60 == 0 => (seconds / 60, "m"),
            _ => (seconds, "s"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");
    }
}
