using Rekey.Cli.Client;

namespace Rekey.Cli.Output;

/// <summary>One document, when it is over.</summary>
internal sealed class JsonRotationView(Printer printer, string versionId) : RotationView
{
    public override Task<T> ShowAsync<T>(Func<Action<RotationProgress>, Task<T>> follow) => follow(static _ => { });

    public override void Conclude(RotationDescription last, RotationProgress progress) => printer.Json(
        new RotationResult(
            last.Arn, last.Name, versionId, progress.Outcome.ToString(), progress.Attempt, progress.Cause, progress.CauseMessage,
            progress.Events),
        OutputJson.Default.RotationResult);
}
