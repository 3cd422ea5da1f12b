using System.Globalization;

namespace Rekey.Server.Schedules;

/// <summary>
/// A secret's rotation rules, understood: when its rotation windows open and close. Pure; all times are UTC, whatever offset they bear.
/// </summary>
/// <remarks>
/// A rotation inside a window uses that window up: the next one opens later. AutomaticallyAfterDays and rate() in days count from the
/// UTC day of the last rotation (of a manual change of the value too); a window that passed without a rotation is followed by the next
/// day's. rate() in hours and cron() follow the calendar alone. Windows that would close after the year 9999 do not exist.
/// </remarks>
internal sealed class RotationScheduleRules
{
    private static readonly long LastHour = DateTime.MaxValue.Ticks / TimeSpan.TicksPerHour;

    private readonly ScheduleExpression _schedule;
    private readonly int _windowHours;

    private RotationScheduleRules(ScheduleExpression schedule, int windowHours) => (_schedule, _windowHours) = (schedule, windowHours);

    /// <summary>
    /// AutomaticallyAfterDays as DescribeSecret shows it: as given, or for an expression the longest time between two openings in days,
    /// rounded up (rate(4 hours): 1; cron(0 16 1,15 * ? *): 17).
    /// </summary>
    public long AutomaticallyAfterDaysShown => _schedule.DaysBetween;

    /// <summary>
    /// Understands rotation rules as RotateSecret takes them. Null when they hold no schedule at all.
    /// <paramref name="automaticallyAfterDays"/> is 1 to 1000; <paramref name="duration"/> is a whole number of hours such as <c>3h</c>.
    /// Throws InvalidParameterException: days and expression together, a value out of range, an expression outside the grammar or more
    /// often than every four hours, a window that would reach the next one or the next UTC day, a duration without a schedule.
    /// </summary>
    public static RotationScheduleRules? Parse(long? automaticallyAfterDays, string? scheduleExpression, string? duration)
    {
        if (automaticallyAfterDays is not null && scheduleExpression is not null) throw ScheduleErrors.FrequencyAndExpression();
        if (automaticallyAfterDays is null && scheduleExpression is null)
            return duration is null ? null : throw ScheduleErrors.Duration("it needs a schedule.");
        ScheduleExpression schedule = automaticallyAfterDays is { } days ? EveryDays(days) : ScheduleExpression.Parse(scheduleExpression!);
        return new RotationScheduleRules(schedule, duration is null ? schedule.WindowHoursDefault : ParseDuration(duration, schedule));
    }

    /// <summary>
    /// The first window that opens later than <paramref name="after"/> and than <paramref name="lastRotated"/>. A secret that never rotated
    /// (null) counts its days from <paramref name="after"/>.
    /// </summary>
    public RotationWindow? NextWindow(DateTimeOffset after, DateTimeOffset? lastRotated)
    {
        var countedFrom = HourOf(lastRotated ?? after);
        var opening = _schedule.NextOpening(Math.Max(HourOf(after), countedFrom), countedFrom, LastHour - _windowHours);
        return opening is { } hour ? Window(hour) : null;
    }

    /// <summary>
    /// The window that contains <paramref name="moment"/>, if any. A secret that never rotated (null) and counts days has none; pass the
    /// moment from which it counts instead.
    /// </summary>
    public RotationWindow? WindowAt(DateTimeOffset moment, DateTimeOffset? lastRotated)
    {
        var hour = HourOf(moment);
        var opening = _schedule.OpeningOnDay(hour, HourOf(lastRotated ?? moment));
        return opening is { } start && hour < start + _windowHours && start <= LastHour - _windowHours ? Window(start) : null;
    }

    private static RateExpression EveryDays(long days) =>
        days is >= Limits.AutomaticallyAfterDaysMin and <= Limits.AutomaticallyAfterDaysMax
            ? RateExpression.EveryDays((int)days)
            : throw ScheduleErrors.Frequency();

    private static int ParseDuration(string text, ScheduleExpression schedule)
    {
        var isHours = text.Length is 2 or 3 && text[^1] == 'h';
        if (!isHours || !int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var hours) || hours == 0)
            throw ScheduleErrors.Duration("it must be a number of hours, such as 3h.");
        return hours <= schedule.WindowHoursMax
            ? hours
            : throw ScheduleErrors.Duration("the rotation window must not extend into the next rotation window or the next UTC day; " +
                $"the longest this schedule allows is {schedule.WindowHoursMax}h.");
    }

    private static long HourOf(DateTimeOffset moment) => moment.UtcTicks / TimeSpan.TicksPerHour;

    private RotationWindow Window(long hour) => new(TimeOf(hour), TimeOf(hour + _windowHours));

    private static DateTimeOffset TimeOf(long hour) => new(hour * TimeSpan.TicksPerHour, TimeSpan.Zero);
}
