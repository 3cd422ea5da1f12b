using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Rekey.Conformance.Reference;

/// <summary>
/// Rotation rules and windows: section 7 of the specification. Windows are found by walking from hour to hour; of cron() the reference
/// knows the expressions of the tests, as a table.
/// </summary>
internal static partial class Schedules
{
    /// <param name="Days">The longest time between two openings, in days.</param>
    /// <param name="Opens">Whether a window opens at this hour.</param>
    /// <param name="Hours">How long it stays open without a Duration.</param>
    private sealed record Known(int Days, Func<DateTimeOffset, bool> Opens, int Hours, int HoursMost);

    private static readonly Dictionary<string, Known> Cron = new()
    {
        ["cron(0 8 * * ? *)"] = new(1, hour => hour.Hour == 8, 16, 16),
        ["cron(0 /8 * * ? *)"] = new(1, hour => hour.Hour % 8 == 0, 1, 8),
        ["cron(0 16 1,15 * ? *)"] = new(17, hour => hour is { Hour: 16, Day: 1 or 15 }, 8, 8),
        ["cron(0 12 ? * SUN *)"] = new(7, hour => hour is { Hour: 12, DayOfWeek: DayOfWeek.Sunday }, 12, 12),
        ["cron(0 0 L * ? *)"] = new(31, hour => hour.Hour == 0 && hour.AddDays(1).Day == 1, 24, 24),
        ["cron(0 10 ? * TUE#2 *)"] =
            new(35, hour => hour is { Hour: 10, DayOfWeek: DayOfWeek.Tuesday, Day: >= 8 and <= 14 }, 14, 14),
    };

    /// <summary>Expressions that the tests use, good ones.</summary>
    public static IEnumerable<string> CronExpressions => Cron.Keys;

    /// <summary>The rules as they are shown; null for empty ones; throws for rules that are wrong.</summary>
    public static KnownRules? Parse(JsonObject rules)
    {
        var days = rules["AutomaticallyAfterDays"]?.GetValue<long>();
        var (expression, duration) = (rules["ScheduleExpression"]?.GetValue<string>(), rules["Duration"]?.GetValue<string>());
        if (days is not null && expression is not null)
            throw Refusal.Parameter("You cannot specify both rotation frequency and schedule expression together.");
        if (days is < 1 or > 1000) throw Refusal.Parameter("RotationRules.AutomaticallyAfterDays must be within 1-1000.");
        if (days is null && expression is null)
            return duration is null ? null : throw InvalidDuration("it needs a schedule.");
        DemandExpression(expression);
        var shown = new KnownRules(days ?? Longest(expression!), duration, expression);
        if (duration is null) return shown;
        var hours = int.Parse(duration.TrimEnd('h'), CultureInfo.InvariantCulture);
        if (hours == 0) throw InvalidDuration("it must be a number of hours, such as 3h.");
        if (hours > HoursMost(shown))
        {
            throw InvalidDuration("the rotation window must not extend into the next rotation window or the next UTC day; "
                + $"the longest this schedule allows is {HoursMost(shown)}h.");
        }
        return shown;
    }

    public static JsonObject? Show(KnownRules? rules) => rules is null
        ? null
        : Answers.Of(("AutomaticallyAfterDays", rules.Days), ("Duration", rules.Duration), ("ScheduleExpression", rules.Expression));

    /// <summary>The first window that opens after this moment; days are counted from the day of the last rotation.</summary>
    public static (DateTimeOffset Opens, DateTimeOffset Closes)? Next(KnownRules? rules, DateTimeOffset now, DateTimeOffset? last)
    {
        if (rules?.Days is not { } days) return null;
        var hour = new DateTimeOffset(now.UtcDateTime.Date.AddHours(now.Hour), TimeSpan.Zero);
        if (CountsDays(rules))
        {
            var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
            var first = new DateTimeOffset((last ?? now).UtcDateTime.Date, TimeSpan.Zero).AddDays(days);
            hour = first > today ? first : today.AddDays(1);
        }
        else
        {
            do hour = hour.AddHours(1);
            while (!Opens(rules.Expression!, hour));
        }
        var length = rules.Duration is { } given ? int.Parse(given.TrimEnd('h'), CultureInfo.InvariantCulture) : HoursDefault(rules);
        return (hour, hour.AddHours(length));
    }

    private static bool CountsDays(KnownRules rules) => rules.Expression is null || Rate(rules.Expression) is { IsDays: true };

    private static bool Opens(string expression, DateTimeOffset hour) => Rate(expression) is { } rate
        ? (long)(hour - DateTimeOffset.UnixEpoch).TotalHours % rate.Number == 0
        : Cron[expression].Opens(hour);

    private static int HoursDefault(KnownRules rules) =>
        CountsDays(rules) ? 24 : Rate(rules.Expression!) is null ? Cron[rules.Expression!].Hours : 1;

    /// <summary>Until the next opening or the end of the day, whichever comes first at any opening.</summary>
    private static int HoursMost(KnownRules rules)
    {
        if (CountsDays(rules)) return 24;
        if (Rate(rules.Expression!) is not { } rate) return Cron[rules.Expression!].HoursMost;
        return Enumerable.Range(1, 24).Last(hours => 24 % hours == 0 && rate.Number % hours == 0);
    }

    private static long Longest(string expression) => Rate(expression) switch
    {
        { IsDays: true } rate => rate.Number,
        { } rate => (rate.Number + 23) / 24,
        null => Cron[expression].Days,
    };

    private static void DemandExpression(string? expression)
    {
        if (expression is null || Cron.ContainsKey(expression)) return;
        if (Rate(expression) is not { } rate)
        {
            throw InvalidExpression(
                "it must have the form rate(value unit) or cron(minutes hours day-of-month month day-of-week year).");
        }
        if (rate.IsDays && rate.Number is < 1 or > 999) throw InvalidExpression("a rate in days must be from 1 to 999.");
        if (!rate.IsDays && rate.Number < 4) throw InvalidExpression("a rate must be at least 4 hours and at most 999 days.");
    }

    private static (int Number, bool IsDays)? Rate(string expression)
    {
        var match = RateForm().Match(expression);
        return match.Success ? (int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[2].Value == "day") : null;
    }

    private static Refusal InvalidExpression(string reason) => Refusal.Parameter($"Invalid rotation schedule expression: {reason}");

    private static Refusal InvalidDuration(string reason) => Refusal.Parameter($"Invalid rotation window duration: {reason}");

    [GeneratedRegex(@"^rate\(([0-9]+) (hour|day)s?\)$", RegexOptions.NonBacktracking)]
    private static partial Regex RateForm();
}
