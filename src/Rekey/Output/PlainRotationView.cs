using Rekey.Cli.Client;

namespace Rekey.Cli.Output;

/// <summary>One line for each thing that happens: for pipes, logs and terminals without cursor movement.</summary>
internal sealed class PlainRotationView(Printer printer, string secretName, string versionId) : RotationView
{
    private int _shown;

    public override async Task<T> ShowAsync<T>(Func<Action<RotationProgress>, Task<T>> follow)
    {
        printer.Line($"Rotating {secretName}: version {versionId}");
        return await follow(Show).ConfigureAwait(false);
    }

    public override void Conclude(RotationDescription last, RotationProgress progress) =>
        Conclude(printer, secretName, versionId, progress);

    private void Show(RotationProgress progress)
    {
        foreach (var entry in progress.Events.Skip(_shown))
        {
            if (entry.Event == "StepSucceeded") printer.Line($"  {entry.Step} done");
            if (entry.Event == "StepFailed")
                printer.Line($"  {entry.Step} failed (attempt {entry.Attempt}): {entry.Cause}: {entry.Message}");
        }
        if (progress.Events.Count > _shown && progress.WaitsUntil is { } until) printer.Line($"  next attempt at {Moment(until)}");
        _shown = progress.Events.Count;
    }
}
