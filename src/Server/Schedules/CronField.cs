namespace Rekey.Server.Schedules;

/// <summary>
/// One field of a cron expression: its range and its names. A field is a comma-separated list of <c>*</c>, <c>a</c>, <c>a-b</c> (which may
/// run past the end and continue at the start: FRI-MON), each with an optional step <c>/n</c>; <c>a/n</c> runs from a to the end of the
/// range and <c>/n</c> is <c>*/n</c>.
/// </summary>
internal sealed record CronField(string Name, int Min, int Max, string[] Names)
{
    public static readonly CronField Hours = new("Hours", 0, 23, []);

    public static readonly CronField DayOfMonth = new("Day-of-month", 1, 31, []);

    public static readonly CronField Month = new("Month", 1, 12,
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);

    public static readonly CronField DayOfWeek = new("Day-of-week", 1, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);

    private const int DigitsMax = 2;

    /// <summary>The values a list names, value v as bit v. Throws InvalidParameterException when it is not a list of this field.</summary>
    public uint ParseList(string list)
    {
        var values = 0u;
        foreach (var item in list.Split(',')) values |= ParseItem(item);
        return values;
    }

    /// <summary>A number within the range, or a name.</summary>
    public int ParseValue(ReadOnlySpan<char> text)
    {
        for (var index = 0; index < Names.Length; index++)
            if (text.SequenceEqual(Names[index])) return Min + index;
        var value = ParseNumber(text);
        return value >= Min && value <= Max ? value : throw Invalid();
    }

    public Aws.ServiceException Invalid() =>
        ScheduleErrors.Expression($"the {Name} field must hold values from {Min} to {Max}{NamesAllowed()} in the form of a cron field.");

    private uint ParseItem(ReadOnlySpan<char> item)
    {
        var step = 1;
        var slash = item.IndexOf('/');
        if (slash >= 0)
        {
            step = ParseNumber(item[(slash + 1)..]);
            if (step < 1 || step > Max) throw Invalid();
            item = item[..slash];
        }
        var (start, end) = ParseRange(item, hasStep: slash >= 0);
        var values = 0u;
        for (var value = start; value <= end; value += step) values |= 1u << (value > Max ? value - (Max - Min + 1) : value);
        return values;
    }

    /// <summary>First and last value; the last one exceeds the field's maximum when the range runs past the end.</summary>
    private (int Start, int End) ParseRange(ReadOnlySpan<char> range, bool hasStep)
    {
        if (range is "*" || (range.IsEmpty && hasStep)) return (Min, Max);
        var dash = range.IndexOf('-');
        if (dash < 0)
        {
            var value = ParseValue(range);
            return (value, hasStep ? Max : value);
        }
        var start = ParseValue(range[..dash]);
        var end = ParseValue(range[(dash + 1)..]);
        return (start, end < start ? end + (Max - Min + 1) : end);
    }

    private int ParseNumber(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length > DigitsMax) throw Invalid();
        var number = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit(digit)) throw Invalid();
            number = number * 10 + (digit - '0');
        }
        return number;
    }

    private string NamesAllowed() => Names.Length == 0 ? "" : $" or {Names[0]} to {Names[^1]}";
}
