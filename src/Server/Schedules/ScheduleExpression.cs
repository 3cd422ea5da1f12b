namespace Rekey.Server.Schedules;

/// <summary>
/// A schedule in AWS's dialect: <c>rate(value unit)</c> or <c>cron(minutes hours day-of-month month day-of-week year)</c>, always UTC.
/// A schedule is a set of hours at which rotation windows open. Hours are counted from 0001-01-01T00:00Z, so that a schedule is integer
/// arithmetic without zones and offsets; a schedule counted in days takes a second hour: any hour of the day it counts from.
/// Source: AWS Secrets Manager User Guide, "Rotation schedules".
/// </summary>
internal abstract class ScheduleExpression
{
    public const int HoursPerDay = 24;

    private const string RatePrefix = "rate(";
    private const string CronPrefix = "cron(";

    /// <summary>Hours a window stays open when no Duration is given.</summary>
    public abstract int WindowHoursDefault { get; }

    /// <summary>Hours every window of the schedule can stay open without reaching the next opening or the next UTC day.</summary>
    public abstract int WindowHoursMax { get; }

    /// <summary>The longest time between two openings, in days, rounded up.</summary>
    public abstract int DaysBetween { get; }

    /// <summary>
    /// The first opening later than <paramref name="hour"/>, which is not before <paramref name="countedFrom"/>; null when it lies beyond
    /// <paramref name="lastHour"/>.
    /// </summary>
    public abstract long? NextOpening(long hour, long countedFrom, long lastHour);

    /// <summary>The latest opening at or before <paramref name="hour"/> on its UTC day, or null when there is none.</summary>
    public abstract long? OpeningOnDay(long hour, long countedFrom);

    /// <summary>Parses an expression. Anything AWS's grammar does not have is an InvalidParameterException that says why.</summary>
    public static ScheduleExpression Parse(string text)
    {
        if (text.Length > Limits.ScheduleExpressionCharsMax)
            throw ScheduleErrors.Expression($"it must have at most {Limits.ScheduleExpressionCharsMax} characters.");
        if (!text.EndsWith(')')) throw NeitherRateNorCron();
        if (text.StartsWith(RatePrefix, StringComparison.Ordinal)) return RateExpression.ParseFields(Fields(text, RatePrefix.Length));
        if (text.StartsWith(CronPrefix, StringComparison.Ordinal)) return CronExpression.ParseFields(Fields(text, CronPrefix.Length));
        throw NeitherRateNorCron();
    }

    private static string[] Fields(string text, int start) => text[start..^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Aws.ServiceException NeitherRateNorCron() =>
        ScheduleErrors.Expression("it must have the form rate(value unit) or cron(minutes hours day-of-month month day-of-week year).");
}
