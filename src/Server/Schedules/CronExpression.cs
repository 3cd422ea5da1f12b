using System.Numerics;

namespace Rekey.Server.Schedules;

/// <summary>
/// <c>cron(0 hours day-of-month month day-of-week *)</c>: windows open at the named hours of the named days. A schedule with several hours
/// in a day counts as one in hours (its windows last one hour), any other as one in days (its windows last to the end of the UTC day).
/// Never more often than every four hours: hours of one day must be that far apart, and when two days in a row are ever named, in the
/// whole 400-year cycle of the calendar, so must the last hour of a day and the first of the next.
/// </summary>
internal sealed class CronExpression : ScheduleExpression
{
    private const int FieldCount = 6;

    private readonly uint _hours;
    private readonly CronDays _days;

    private CronExpression(uint hours, CronDays days) => (_hours, _days) = (hours, days);

    public override int WindowHoursDefault => IsInHours ? 1 : HoursPerDay - FirstHour;

    public override int WindowHoursMax => Math.Min(ShortestGapInDay(), HoursPerDay - LastHour);

    public override int DaysBetween => _days.Gaps.Longest;

    private bool IsInHours => BitOperations.PopCount(_hours) > 1;

    private int FirstHour => BitOperations.TrailingZeroCount(_hours);

    private int LastHour => BitOperations.Log2(_hours);

    public static CronExpression ParseFields(string[] fields)
    {
        if (fields.Length != FieldCount)
            throw ScheduleErrors.Expression("cron needs six fields: minutes hours day-of-month month day-of-week year.");
        for (var index = 0; index < FieldCount; index++) fields[index] = fields[index].ToUpperInvariant();
        if (fields[0] != "0") throw ScheduleErrors.Expression("the Minutes field must be 0.");
        if (fields[5] != "*") throw ScheduleErrors.Expression("the Year field must be *.");
        var hours = CronField.Hours.ParseList(fields[1]);
        var expression = new CronExpression(hours, CronDays.Parse(fields[2], fields[3], fields[4]));
        expression.DemandOpenings();
        return expression;
    }

    public override long? NextOpening(long hour, long countedFrom, long lastHour)
    {
        var later = _hours & ~(uint)((2L << (int)(hour % HoursPerDay)) - 1);
        var date = DateOnly.FromDayNumber((int)(hour / HoursPerDay));
        var day = later != 0 && IsNamed(date) ? date : FindDayAfter(date);
        if (day is not { } found) return null;
        var openingHour = found == date ? BitOperations.TrailingZeroCount(later) : FirstHour;
        var opening = (long)found.DayNumber * HoursPerDay + openingHour;
        return opening <= lastHour ? opening : null;
    }

    public override long? OpeningOnDay(long hour, long countedFrom)
    {
        var earlier = _hours & (uint)((2L << (int)(hour % HoursPerDay)) - 1);
        if (earlier == 0 || !IsNamed(DateOnly.FromDayNumber((int)(hour / HoursPerDay)))) return null;
        return hour - hour % HoursPerDay + BitOperations.Log2(earlier);
    }

    private bool IsNamed(DateOnly date) => (_days.InMonth(date.Year, date.Month) & (1u << (date.Day - 1))) != 0;

    private DateOnly? FindDayAfter(DateOnly date)
    {
        var laterThisMonth = _days.InMonth(date.Year, date.Month) & ~(uint)((1L << date.Day) - 1);
        if (laterThisMonth != 0) return Day(date.Year, date.Month, laterThisMonth);
        for (var month = date.Year * 12 + date.Month; month < (DateOnly.MaxValue.Year + 1) * 12; month++)
        {
            var days = _days.InMonth(month / 12, month % 12 + 1);
            if (days != 0) return Day(month / 12, month % 12 + 1, days);
        }
        return null;
    }

    private static DateOnly Day(int year, int month, uint days) => new(year, month, BitOperations.TrailingZeroCount(days) + 1);

    private void DemandOpenings()
    {
        if (_days.Gaps.Longest == 0) throw ScheduleErrors.Expression("it names no day that exists.");
        var overnight = HoursPerDay * _days.Gaps.Shortest - LastHour + FirstHour;
        if (Math.Min(ShortestGapInDay(), overnight) < Limits.ScheduleHoursMin)
            throw ScheduleErrors.Expression($"rotation windows must open at least {Limits.ScheduleHoursMin} hours apart.");
    }

    /// <summary>Hours between the two nearest openings of one day; a whole day when there is only one.</summary>
    private int ShortestGapInDay()
    {
        var shortest = HoursPerDay;
        for (var hours = _hours; (hours & (hours - 1)) != 0; hours &= hours - 1)
            shortest = Math.Min(shortest, BitOperations.TrailingZeroCount(hours & (hours - 1)) - BitOperations.TrailingZeroCount(hours));
        return shortest;
    }
}
