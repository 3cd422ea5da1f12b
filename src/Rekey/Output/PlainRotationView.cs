using Rekey.Cli.Client;

namespace Rekey.Cli.Output;

/// <summary>One line for each thing that happens: for pipes, logs and terminals without cursor movement.</summary>
internal sealed class PlainRotationView(Printer printer, string secretName, string versionId) : RotationView
{
    private RotationEvent? _shown;

    public override async Task<T> ShowAsync<T>(Func<Action<RotationProgress>, Task<T>> follow)
    {
        printer.Line($"Rotating {secretName}: version {versionId}");
        return await follow(Show).ConfigureAwait(false);
    }

    public override void Conclude(RotationDescription last, RotationProgress progress) =>
        Conclude(printer, secretName, versionId, progress);

    private void Show(RotationProgress progress)
    {
        var fresh = progress.Events.Skip(IndexOfShown(progress.Events) + 1).ToArray();
        foreach (var entry in fresh)
        {
            if (entry.Event == "StepSucceeded") printer.Line($"  {entry.Step} done");
            if (entry.Event == "StepFailed")
                printer.Line($"  {entry.Step} failed (attempt {entry.Attempt}): {entry.Cause}: {entry.Message}");
        }
        if (fresh.Length > 0 && progress.WaitsUntil is { } until) printer.Line($"  next attempt at {Moment(until)}");
        if (fresh.Length > 0) _shown = fresh[^1];
    }

    /// <summary>The server tells the newest events only, so that their number says nothing.</summary>
    private int IndexOfShown(IReadOnlyList<RotationEvent> events)
    {
        for (var index = events.Count - 1; index >= 0; index--)
        {
            if (events[index] == _shown) return index;
        }
        return -1;
    }
}
