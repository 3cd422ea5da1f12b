using System.Globalization;
using Rekey.Cli.Client;

namespace Rekey.Cli.Output;

/// <summary>One line for each secret with rotation, and below it why it needs attention; a sum at the end.</summary>
internal static class StatusView
{
    private const int NameColumnsMax = 48;
    private const int StateColumns = 10;
    private const string Never = "never";

    public static void Print(Printer printer, IReadOnlyList<RotationSummary> shown, int count, int needyCount, DateTimeOffset now)
    {
        var width = Math.Min(shown.Select(rotation => rotation.Name.Length).DefaultIfEmpty(0).Max(), NameColumnsMax);
        foreach (var rotation in shown) Print(printer, rotation, width, now);
        if (count == 0) printer.Line($"No secret of this region has rotation configured.");
        else if (needyCount == 0) printer.Line($"[green]All {count} rotations are well.[/]");
        else printer.Line($"[red]{needyCount} of {count} rotations need attention.[/]");
    }

    private static void Print(Printer printer, RotationSummary rotation, int width, DateTimeOffset now)
    {
        var name = rotation.Name.PadRight(width);
        var isOff = !rotation.RotationEnabled && rotation.State == RotationDescription.Idle;
        var state = (isOff ? "Off" : rotation.State).PadRight(StateColumns);
        var rotated = rotation.LastRotatedDate is { } last ? $"rotated {Ago(now - last)} ago" : $"rotated {Never}";
        var next = rotation.NextRotationDate is { } date ? $", next by {Utc(date)}" : "";
        if (rotation.Problems.Count == 0)
        {
            printer.Line($"[green]✔[/] {name}  {state} {rotated}{next}");
            return;
        }
        printer.Line($"[red]✘[/] {name}  {state} {rotated}{next}  [red]{string.Join(", ", rotation.Problems)}[/]");
        if (rotation.OverdueSince is { } since) printer.Line($"    overdue since {Utc(since)}");
        if (rotation.CauseMessage is { } message) printer.Line($"    {rotation.Cause}: {message}");
        foreach (var task in (rotation.Upkeep ?? []).Where(task => task.Cause is not null || task.CauseMessage is not null))
            printer.Line($"    {task.Kind}: {task.Cause ?? task.Outcome}: {task.CauseMessage}");
        printer.Line($"    see: rekey doctor {rotation.Name}");
    }

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>In the greatest unit of which it has two.</summary>
    private static string Ago(TimeSpan span)
    {
        var (count, unit) = span switch
        {
            { TotalDays: >= 2 } => (span.TotalDays, "d"),
            { TotalHours: >= 2 } => (span.TotalHours, "h"),
            { TotalMinutes: >= 2 } => (span.TotalMinutes, "min"),
            _ => (Math.Max(0, span.TotalSeconds), "s"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(count):0} {unit}");
    }
}
