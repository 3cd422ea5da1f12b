using System.Globalization;
using Rekey.Cli.Client;

namespace Rekey.Cli.Output;

/// <summary>How a rotation that goes on is shown.</summary>
internal abstract class RotationView
{
    /// <summary>Shows what <paramref name="follow"/> reports until it ends, and passes its result on.</summary>
    public abstract Task<T> ShowAsync<T>(Func<Action<RotationProgress>, Task<T>> follow);

    /// <summary>Says how it ended, or that it has not.</summary>
    public abstract void Conclude(RotationDescription last, RotationProgress progress);

    protected static string Seconds(TimeSpan? duration) =>
        duration is { } time ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s") : "";

    protected static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>The last failure in one line: its class, then what the target said.</summary>
    protected static string Failure(RotationProgress progress) =>
        progress.CauseMessage is null ? progress.Cause ?? "no reason given" : $"{progress.Cause}: {progress.CauseMessage}";

    protected static void Conclude(Printer printer, string secretName, string versionId, RotationProgress progress)
    {
        switch (progress.Outcome)
        {
            case RotationOutcome.Succeeded:
                printer.Line($"[green]Rotated.[/] Version {versionId} of {secretName} is AWSCURRENT.");
                if (progress.Gap > TimeSpan.Zero) printer.Line($"Its predecessor was refused for {Seconds(progress.Gap)} before that.");
                break;
            case RotationOutcome.Failed:
                printer.Line($"[red]Not rotated.[/] {Failure(progress)}");
                printer.Line($"See what stands in the way with: rekey doctor {secretName}");
                break;
            default:
                printer.Line($"[yellow]Still going on.[/] The server carries on; {Waiting(progress)}");
                printer.Line($"See what stands in the way with: rekey doctor {secretName}");
                break;
        }
    }

    private static string Waiting(RotationProgress progress) =>
        progress.WaitsUntil is { } until ? $"the next attempt begins at {Moment(until)}." : $"attempt {progress.Attempt} is running.";
}
