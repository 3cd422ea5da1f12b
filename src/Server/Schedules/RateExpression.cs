using System.Globalization;

namespace Rekey.Server.Schedules;

/// <summary>
/// <c>rate(N hours)</c> or <c>rate(N days)</c>, and AutomaticallyAfterDays, which counts the same way.
/// Days: a window opens at 00:00 UTC N days after the day of the last rotation and stays open that day. While no rotation comes of it,
/// every day after it has a window too: a secret that is due must not wait for another N days because a server was down for one.
/// Hours: windows open at every multiple of N hours since 1970-01-01T00:00Z and stay open for one hour. When N divides 24 these are the
/// multiples of N hours from each midnight. Any other N keeps its full N hours between openings too: starting again each midnight would
/// bring two openings nearer than the four hours that AWS demands (rate(7 hours): 21:00, then 00:00).
/// </summary>
internal sealed class RateExpression : ScheduleExpression
{
    /// <summary>1970-01-01T00:00Z in hours since 0001-01-01T00:00Z.</summary>
    private static readonly long EpochHour = DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerHour;

    private readonly int _hours;
    private readonly bool _countsDays;

    private RateExpression(int hours, bool countsDays) => (_hours, _countsDays) = (hours, countsDays);

    public override int WindowHoursDefault => _countsDays ? HoursPerDay : 1;

    /// <summary>Openings by the hour drift through the day in steps of gcd(N, 24), so the last one is that far from midnight.</summary>
    public override int WindowHoursMax => _countsDays ? HoursPerDay : GreatestCommonDivisor(_hours, HoursPerDay);

    public override int DaysBetween => (_hours + HoursPerDay - 1) / HoursPerDay;

    public static RateExpression EveryDays(int days) => new(days * HoursPerDay, countsDays: true);

    public static RateExpression ParseFields(string[] fields)
    {
        if (fields.Length != 2 || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            throw ScheduleErrors.Expression("a rate is a positive number and a unit, such as rate(10 days).");
        switch (fields[1])
        {
            case "day" or "days":
                if (value is < 1 or > Limits.ScheduleRateDaysMax)
                    throw ScheduleErrors.Expression($"a rate in days must be from 1 to {Limits.ScheduleRateDaysMax}.");
                return EveryDays(value);
            case "hour" or "hours":
                if (value is < Limits.ScheduleHoursMin or > Limits.ScheduleRateDaysMax * HoursPerDay)
                    throw ScheduleErrors.Expression($"a rate must be at least {Limits.ScheduleHoursMin} hours and at most " +
                        $"{Limits.ScheduleRateDaysMax} days.");
                return new RateExpression(value, countsDays: false);
            default:
                throw ScheduleErrors.Expression("the unit of a rate must be hour, hours, day or days.");
        }
    }

    public override long? NextOpening(long hour, long countedFrom, long lastHour)
    {
        var opening = _countsDays
            ? Math.Max(FirstDay(countedFrom), StartOfDay(hour) + HoursPerDay)
            : LatestMultiple(hour) + _hours;
        return opening <= lastHour ? opening : null;
    }

    public override long? OpeningOnDay(long hour, long countedFrom)
    {
        if (_countsDays) return StartOfDay(hour) >= FirstDay(countedFrom) ? StartOfDay(hour) : null;
        var opening = LatestMultiple(hour);
        return StartOfDay(opening) == StartOfDay(hour) ? opening : null;
    }

    private long FirstDay(long countedFrom) => StartOfDay(countedFrom) + _hours;

    private static long StartOfDay(long hour) => hour - hour % HoursPerDay;

    /// <summary>The latest hour at or before <paramref name="hour"/> that is a whole number of periods away from the epoch.</summary>
    private long LatestMultiple(long hour)
    {
        var beyond = (hour - EpochHour) % _hours;
        return hour - (beyond < 0 ? beyond + _hours : beyond);
    }

    private static int GreatestCommonDivisor(int a, int b)
    {
        while (b != 0) (a, b) = (b, a % b);
        return a;
    }
}
