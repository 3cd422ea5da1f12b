using System.Globalization;

namespace Rekey.Server.Tests.Schedules;

/// <summary>
/// A random cron() expression and the same schedule as Quartz writes it: a seconds field in front, day names as numbers (Quartz gives
/// some of them another meaning before a slash), and the step of a bare slash written out.
/// </summary>
internal sealed record RandomCron(string Expression, string Quartz)
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    private readonly record struct Field(string Ours, string Quartz)
    {
        public static implicit operator Field(string same) => new(same, same);
    }

    public static RandomCron Next(Random random)
    {
        var hours = Hours(random);
        var month = random.Next(2) == 0 ? List(random, 1, 12, Months, itemsMax: 3) : "*";
        var (dayOfMonth, dayOfWeek) = random.Next(2) == 0 ? (DayOfMonth(random), (Field)"?") : ((Field)"?", DayOfWeek(random));
        return new RandomCron(
            $"cron(0 {hours.Ours} {dayOfMonth.Ours} {month.Ours} {dayOfWeek.Ours} *)",
            $"0 0 {hours.Quartz} {dayOfMonth.Quartz} {month.Quartz} {dayOfWeek.Quartz}");
    }

    /// <summary>Mostly what AWS takes (four hours apart), sometimes what it refuses.</summary>
    private static Field Hours(Random random) => random.Next(8) switch
    {
        0 => List(random, 0, 23, [], itemsMax: 3),
        1 => Step("", random.Next(4, 24)),
        2 => Step("*", random.Next(4, 24)),
        3 or 4 => Step(Number(random, random.Next(24)), random.Next(4, 24)),
        5 => Step($"{random.Next(24)}-{random.Next(24)}", random.Next(4, 24)),
        _ => Number(random, random.Next(24)),
    };

    private static Field DayOfMonth(Random random) => random.Next(8) switch
    {
        0 => "*",
        1 => "L",
        2 or 3 => Number(random, random.Next(29, 32)),
        4 => Join(List(random, 1, 31, [], itemsMax: 2), "L"),
        _ => List(random, 1, 31, [], itemsMax: 3),
    };

    private static Field DayOfWeek(Random random)
    {
        var weekday = Weekday(random);
        return random.Next(6) switch
        {
            0 => "*",
            1 => new Field($"{weekday.Ours}L", $"{weekday.Quartz}L"),
            2 => Occurrence(weekday, random.Next(1, 6)),
            3 => new Field("L", "7"),
            _ => List(random, 1, 7, Weekdays, itemsMax: 3),
        };
    }

    private static Field Weekday(Random random)
    {
        var day = random.Next(7);
        var number = (day + 1).ToString(CultureInfo.InvariantCulture);
        return random.Next(2) == 0 ? number : new Field(InAnyCase(random, Weekdays[day]), number);
    }

    private static Field Occurrence(Field weekday, int nth) => new($"{weekday.Ours}#{nth}", $"{weekday.Quartz}#{nth}");

    private static Field List(Random random, int min, int max, string[] names, int itemsMax)
    {
        var list = Item(random, min, max, names);
        for (var more = random.Next(itemsMax); more > 0; more--) list = Join(list, Item(random, min, max, names));
        return list;
    }

    private static Field Join(Field first, Field second) => new($"{first.Ours},{second.Ours}", $"{first.Quartz},{second.Quartz}");

    private static Field Item(Random random, int min, int max, string[] names)
    {
        var start = Value(random, min, max, names);
        var end = Value(random, min, max, names);
        var range = new Field($"{start.Ours}-{end.Ours}", $"{start.Quartz}-{end.Quartz}");
        return random.Next(6) switch
        {
            0 => range,
            1 => Step(range, random.Next(1, max + 1)),
            2 => Step(start, random.Next(1, max + 1)),
            _ => start,
        };
    }

    private static Field Value(Random random, int min, int max, string[] names)
    {
        var value = random.Next(min, max + 1);
        var number = Number(random, value);
        return names.Length == 0 || random.Next(2) == 0 ? number : new Field(InAnyCase(random, names[value - min]), number.Quartz);
    }

    private static Field Step(Field from, int step) =>
        new($"{from.Ours}/{step}", $"{(from.Quartz.Length == 0 ? "*" : from.Quartz)}/{step}");

    private static Field Number(Random random, int value) =>
        new(value.ToString(random.Next(4) == 0 ? "00" : "0", CultureInfo.InvariantCulture), value.ToString(CultureInfo.InvariantCulture));

    private static string InAnyCase(Random random, string name) => random.Next(3) == 0 ? name.ToLowerInvariant() : name;
}
