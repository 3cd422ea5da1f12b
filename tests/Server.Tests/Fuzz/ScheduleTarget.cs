using System.Globalization;
using System.Text;
using Rekey.Aws;
using Rekey.Server.Schedules;
using Rekey.Server.Tests.Schedules;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// Rotation rules: expression, duration and days on a line each, an empty line for what is not given. Rules that are taken open their
/// windows in order, four hours apart, within one UTC day, and do the same however the expression is spaced and cased.
/// </summary>
internal sealed class ScheduleTarget : FuzzTarget
{
    private const int WindowsSeen = 8;

    private static readonly DateTimeOffset Start = new(2024, 2, 27, 21, 30, 0, TimeSpan.Zero);

    public override string Name => "schedule";

    public override IReadOnlyList<byte[]> Corpus { get; } = [.. BadExpressions.All.Select(expression => expression + "\n\n").Concat(
    [
        "\n\n30", "\n3h\n1", "\n\n", "\n2h\n", "rate(4 hours)\n\n", "rate(10 days)\n24h\n", "rate(7 hours)\n1h\n",
        "cron(0 16 1,15 * ? *)\n8h\n",
        "cron(0 10 ? FEB,MAY,AUG,NOV TUE#2 *)\n\n", "cron(0 /8 * * ? *)\n3h\n", "cron(0 0 29 2 ? *)\n\n", "cron(0 0 L * ? *)\n\n",
        "cron(0 8/8 ? 1-3 6L *)\n\n", "cron(0 12 ? * FRI-MON *)\n12h\n", "rate(4 hours)\n\n1", "rate(1 day)\n25h\n", "rate(1 day)\n0h\n",
    ]).Select(Encoding.UTF8.GetBytes)];

    public override IReadOnlyList<string> Words { get; } =
    [
        "rate(", "cron(", ")", " ", "hour", "hours", "day", "days", "*", "?", "L", "W", "#", "-", ",", "/", "JAN", "DEC", "SUN", "MON",
        "SAT",
        "6L", "FRI#5", "1-31", "20-2", "*/4", "h", "24h", "\n", "\t", "é",
    ];

    public override byte[] Generate(Random random)
    {
        var expression = random.Next(3) == 0
            ? $"rate({random.Next(1, 1200)} {(random.Next(2) == 0 ? "hours" : "days")})"
            : RandomCron.Next(random).Expression;
        return Encoding.ASCII.GetBytes($"{expression}\n{(random.Next(2) == 0 ? "" : $"{random.Next(1, 26)}h")}\n");
    }

    public override void Check(byte[] input)
    {
        var lines = Encoding.UTF8.GetString(input).Split('\n');
        var expression = lines[0].Length == 0 ? null : lines[0];
        var duration = lines.Length < 2 || lines[1].Length == 0 ? null : lines[1];
        var hasDays = long.TryParse(lines.ElementAtOrDefault(2), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        long? days = hasDays ? number : null;
        var rules = Measured(input, () => Parse(days, expression, duration));
        if (rules is null)
        {
            Parse(days, expression, duration).ShouldBeNull();
            return;
        }
        rules.AutomaticallyAfterDaysShown.ShouldBeGreaterThanOrEqualTo(1);
        var windows = Windows(rules);
        for (var index = 0; index < windows.Count; index++) InOrder(rules, windows[index], index == 0 ? null : windows[index - 1]);
        if (expression is not null) Windows(Parse(days, Respelt(expression), duration)!).ShouldBe(windows);
    }

    private static void InOrder(RotationScheduleRules rules, RotationWindow window, RotationWindow? before)
    {
        window.Opens.ShouldBeGreaterThan(Start);
        window.Closes.ShouldBeGreaterThan(window.Opens);
        window.Closes.ShouldBeLessThanOrEqualTo(new DateTimeOffset(window.Opens.UtcDateTime.Date.AddDays(1), TimeSpan.Zero));
        rules.WindowAt(window.Opens, Start).ShouldBe(window);
        rules.WindowAt(window.NextRotationDate, Start).ShouldBe(window);
        if (before is null) return;
        before.Closes.ShouldBeLessThanOrEqualTo(window.Opens);
        (window.Opens - before.Opens).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromHours(Limits.ScheduleHoursMin));
        (window.Opens - before.Opens).ShouldBeLessThanOrEqualTo(TimeSpan.FromDays(rules.AutomaticallyAfterDaysShown));
    }

    /// <summary>The windows that pass one after the other, none of them used.</summary>
    private static List<RotationWindow> Windows(RotationScheduleRules rules)
    {
        var windows = new List<RotationWindow>();
        for (var after = Start; windows.Count < WindowsSeen && rules.NextWindow(after, Start) is { } window; after = window.Opens)
            windows.Add(window);
        return windows;
    }

    /// <summary>The same expression with other spaces, and a cron() in small letters.</summary>
    private static string Respelt(string expression)
    {
        var open = expression.IndexOf('(') + 1;
        var fields = expression[open..^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var inner = string.Join(' ', fields);
        return expression[..open] + (expression.StartsWith("cron", StringComparison.Ordinal) ? inner.ToLowerInvariant() : inner) + ")";
    }

    private static RotationScheduleRules? Parse(long? days, string? expression, string? duration)
    {
        try
        {
            return RotationScheduleRules.Parse(days, expression, duration);
        }
        catch (ServiceException error)
        {
            error.Shape.Code.ShouldBe("InvalidParameterException");
            error.Message.Length.ShouldBeInRange(1, 300);
            return null;
        }
    }
}
