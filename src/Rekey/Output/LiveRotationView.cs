using Rekey.Cli.Client;
using Spectre.Console;

namespace Rekey.Cli.Output;

/// <summary>The four steps as a small table that changes in place.</summary>
internal sealed class LiveRotationView(Printer printer, string secretName, string versionId) : RotationView
{
    public override async Task<T> ShowAsync<T>(Func<Action<RotationProgress>, Task<T>> follow)
    {
        printer.Line($"Rotating [bold]{secretName}[/] [dim]version {versionId}[/]");
        return await printer.Terminal.Live(new Grid()).StartAsync(live => follow(progress =>
        {
            live.UpdateTarget(Draw(progress));
            live.Refresh();
        })).ConfigureAwait(false);
    }

    public override void Conclude(RotationDescription last, RotationProgress progress) =>
        Conclude(printer, secretName, versionId, progress);

    private static Grid Draw(RotationProgress progress)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().Padding(2, 0, 1, 0)).AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach (var step in progress.Steps) grid.AddRow(Mark(step.Status), Name(step), Remark(step, progress));
        return grid;
    }

    private static Markup Mark(StepStatus status) => status switch
    {
        StepStatus.Done => new Markup("[green]✔[/]"),
        StepStatus.Failed => new Markup("[red]✘[/]"),
        StepStatus.Running => new Markup("[yellow]▸[/]"),
        _ => new Markup("[dim]·[/]"),
    };

    private static Text Name(StepProgress step) =>
        new Text(step.Name, step.Status == StepStatus.Waiting ? new Style(decoration: Decoration.Dim) : Style.Plain);

    private static Text Remark(StepProgress step, RotationProgress progress) => step.Status switch
    {
        StepStatus.Done => new Text(Seconds(step.Duration), new Style(decoration: Decoration.Dim)),
        StepStatus.Running when progress.Attempt > 1 => new Text($"attempt {progress.Attempt}"),
        StepStatus.Failed => new Text(Printer.Printable(Failure(progress) + NextAttempt(progress))),
        _ => Text.Empty,
    };

    private static string NextAttempt(RotationProgress progress) =>
        progress.WaitsUntil is { } until ? $"; next attempt at {Moment(until)}" : "";
}
