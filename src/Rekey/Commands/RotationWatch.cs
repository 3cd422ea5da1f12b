using Rekey.Cli.Client;
using Rekey.Cli.Output;

namespace Rekey.Cli.Commands;

/// <summary>
/// Starts a rotation and follows it. A server that restarts meanwhile is waited for: the rotation survives that, so the watch does.
/// </summary>
internal sealed class RotationWatch(RekeyClient client, Printer printer, TimeProvider time, TimeSpan timeout)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(150);

    /// <summary>How long the server may be away in the middle of a watch.</summary>
    private static readonly TimeSpan AbsenceMax = TimeSpan.FromSeconds(30);

    public async Task<int> RunAsync(RotateSecretRequest request, CancellationToken cancellationToken)
    {
        var deadline = time.GetUtcNow() + timeout;
        var (versionId, begun) = await StartAsync(request, cancellationToken).ConfigureAwait(false);
        var view = printer.RotationView(begun.Name, versionId);
        var (last, progress) = await view.ShowAsync(
            update => FollowAsync(begun, versionId, deadline, update, cancellationToken)).ConfigureAwait(false);
        view.Conclude(last, progress);
        return progress.Outcome switch
        {
            RotationOutcome.Succeeded => ExitCode.Success,
            RotationOutcome.Failed => ExitCode.Failed,
            _ => ExitCode.TimedOut,
        };
    }

    /// <summary>
    /// A rotation that was already under way is the one that gets followed: the server has just been told to try it again.
    /// </summary>
    private async Task<(string VersionId, RotationDescription Begun)> StartAsync(
        RotateSecretRequest request, CancellationToken cancellationToken)
    {
        string? versionId = null;
        try
        {
            var started = await client.RotateSecretAsync(request, cancellationToken).ConfigureAwait(false);
            versionId = started.VersionId;
        }
        catch (RefusedException refusal) when (refusal.Message.StartsWith("A previous rotation isn't complete.", StringComparison.Ordinal))
        {
            printer.Note(refusal.Message);
        }
        var begun = await client.DescribeRotationAsync(new DescribeRotationRequest(request.SecretId), cancellationToken)
            .ConfigureAwait(false);
        versionId ??= begun.VersionId
            ?? throw new CommandException(ExitCode.Failed, "The previous rotation has just ended.", "Run the command again.");
        return (versionId, begun);
    }

    private async Task<(RotationDescription, RotationProgress)> FollowAsync(
        RotationDescription description, string versionId, DateTimeOffset deadline, Action<RotationProgress> update,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var progress = RotationProgress.Of(description, versionId, time.GetUtcNow());
            update(progress);
            if (progress.Outcome != RotationOutcome.Running || time.GetUtcNow() >= deadline) return (description, progress);
            await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(false);
            description = await DescribeAsync(description.Arn, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RotationDescription> DescribeAsync(string secretArn, CancellationToken cancellationToken)
    {
        var givesUpAt = time.GetUtcNow() + AbsenceMax;
        while (true)
        {
            try
            {
                return await client.DescribeRotationAsync(new DescribeRotationRequest(secretArn), cancellationToken).ConfigureAwait(false);
            }
            catch (CommandException error) when (error.Status == ExitCode.Unreachable && time.GetUtcNow() < givesUpAt)
            {
                await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
