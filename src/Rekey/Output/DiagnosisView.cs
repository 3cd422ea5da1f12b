using Rekey.Cli.Client;

namespace Rekey.Cli.Output;

/// <summary>Each hop with a tick, or a cross, what was seen, and what to do about it.</summary>
internal static class DiagnosisView
{
    private const int NameColumns = 11;

    /// <summary>The hop that tells whether the secret rotates by itself, not whether it can be rotated.</summary>
    private const string Schedule = "schedule";

    public static void Print(Printer printer, Diagnosis diagnosis, Uri endpoint)
    {
        printer.Line($"The way a rotation of [bold]{diagnosis.Name}[/] takes, seen from {endpoint}");
        foreach (var hop in diagnosis.Hops)
        {
            var name = hop.Name.PadRight(NameColumns);
            if (hop.Ok) printer.Line($"  [green]✔[/] {name} {hop.Detail}");
            else printer.Line($"  [red]✘[/] {name} {hop.Detail}");
            if (hop.Remedy is { } remedy) printer.Line($"    {"".PadRight(NameColumns)} → {remedy}");
        }
        if (diagnosis.Hops.All(hop => hop.Ok)) printer.Line($"[green]Nothing stands in the way of a rotation.[/]");
        else if (diagnosis.Hops.All(hop => hop.Ok || hop.Name == Schedule))
            printer.Line($"[yellow]The way to the target is clear; look at the schedule.[/]");
        else printer.Line($"[red]A rotation would fail.[/]");
    }
}
