using System.Numerics;

namespace Rekey.Server.Schedules;

/// <summary>
/// The days that the Day-of-month, Month and Day-of-week fields name together. One of the two day fields is <c>?</c>; the other one may
/// also hold <c>L</c> (last day of the month, in a list too; last day of the week, Saturday), <c>6L</c> or <c>FRIL</c> (the month's last
/// Friday) and <c>6#2</c> or <c>FRI#2</c> (its second).
/// </summary>
internal sealed class CronDays
{
    /// <summary>The Gregorian calendar repeats after 400 years, weekdays included: its 146,097 days are 20,871 whole weeks.</summary>
    private const int CycleYears = 400;
    private const int CycleDays = 146_097;
    private const int CycleFirstYear = 2000;

    private const int DaysPerWeek = 7;
    private const int Last = -1;
    private const int OccurrencesMax = 5;

    private uint _months;
    private uint _daysOfMonth;
    private uint _weekdays;
    private bool _lastDayOfMonth;

    /// <summary>0: each such weekday of the month; 1 to 5: that occurrence only; <see cref="Last"/>: the last one.</summary>
    private int _occurrence;

    private CronDays() { }

    /// <summary>The fewest and the most days from one named day to the next, over all time; 0 when no day is ever named.</summary>
    public (int Shortest, int Longest) Gaps { get; private set; }

    public static CronDays Parse(string dayOfMonth, string month, string dayOfWeek)
    {
        if ((dayOfMonth == "?") == (dayOfWeek == "?"))
            throw ScheduleErrors.Expression("exactly one of the Day-of-month and Day-of-week fields must be ?.");
        var days = new CronDays { _months = CronField.Month.ParseList(month) };
        if (dayOfWeek == "?") days.ParseDayOfMonth(dayOfMonth);
        else days.ParseDayOfWeek(dayOfWeek);
        days.Gaps = days.MeasureGaps();
        return days;
    }

    /// <summary>The named days of a month: day d is bit d - 1.</summary>
    public uint InMonth(int year, int month)
    {
        if ((_months & (1u << month)) == 0) return 0;
        var length = DateTime.DaysInMonth(year, month);
        return _weekdays == 0 ? ByDayOfMonth(length) : ByDayOfWeek(length, (int)new DateTime(year, month, 1).DayOfWeek);
    }

    private void ParseDayOfMonth(string list)
    {
        var items = list.Split(',').Where(item => item != "L").ToArray();
        _lastDayOfMonth = items.Length < list.Split(',').Length;
        if (items.Length > 0) _daysOfMonth = CronField.DayOfMonth.ParseList(string.Join(',', items)) >> 1;
    }

    private void ParseDayOfWeek(string field)
    {
        var hash = field.IndexOf('#', StringComparison.Ordinal);
        if (field == "L") field = "SAT";
        else if (field.EndsWith('L')) (field, _occurrence) = (field[..^1], Last);
        else if (hash >= 0) (field, _occurrence) = (field[..hash], ParseOccurrence(field.AsSpan(hash + 1)));
        var values = _occurrence == 0 ? CronField.DayOfWeek.ParseList(field) : 1u << CronField.DayOfWeek.ParseValue(field);
        _weekdays = values >> 1;
    }

    private static int ParseOccurrence(ReadOnlySpan<char> text) =>
        text.Length == 1 && text[0] is >= '1' and <= (char)('0' + OccurrencesMax) ? text[0] - '0' : throw CronField.DayOfWeek.Invalid();

    private uint ByDayOfMonth(int length)
    {
        var days = _daysOfMonth & (uint)((1L << length) - 1);
        return _lastDayOfMonth ? days | (1u << (length - 1)) : days;
    }

    private uint ByDayOfWeek(int length, int firstWeekday)
    {
        var days = 0u;
        for (var day = 0; day < length; day++)
        {
            if ((_weekdays & (1u << ((firstWeekday + day) % DaysPerWeek))) == 0) continue;
            var isNamed = _occurrence == Last ? day + DaysPerWeek >= length : _occurrence == 0 || day / DaysPerWeek + 1 == _occurrence;
            if (isNamed) days |= 1u << day;
        }
        return days;
    }

    private (int Shortest, int Longest) MeasureGaps()
    {
        int? first = null;
        var (previous, shortest, longest) = (0, int.MaxValue, 0);
        var monthStart = 0;
        for (var month = 0; month < CycleYears * 12; month++)
        {
            var (year, monthOfYear) = (CycleFirstYear + month / 12, month % 12 + 1);
            for (var days = InMonth(year, monthOfYear); days != 0; days &= days - 1)
            {
                var day = monthStart + BitOperations.TrailingZeroCount(days);
                if (first is null) first = day;
                else (shortest, longest) = (Math.Min(shortest, day - previous), Math.Max(longest, day - previous));
                previous = day;
            }
            monthStart += DateTime.DaysInMonth(year, monthOfYear);
        }
        if (first is not int start) return (0, 0);
        var across = start + CycleDays - previous;
        return (Math.Min(shortest, across), Math.Max(longest, across));
    }
}
