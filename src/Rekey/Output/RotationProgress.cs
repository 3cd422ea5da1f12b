using Rekey.Cli.Client;

namespace Rekey.Cli.Output;

internal enum StepStatus
{
    Waiting,
    Running,
    Done,
    Failed,
}

internal enum RotationOutcome
{
    Running,
    Succeeded,
    Failed,
}

/// <summary>One of the four steps as an operator sees it.</summary>
internal sealed record StepProgress(string Name, StepStatus Status, TimeSpan? Duration)
{
    public static StepProgress NotBegun(string name) => new(name, StepStatus.Waiting, null);
}

/// <summary>
/// The rotation of one version, made of what the server tells of the secret. Pure: the same description gives the same progress.
/// </summary>
internal sealed record RotationProgress
{
    private const string Started = "RotationStarted";
    private const string Redriven = "RotationRedriven";
    private const string Succeeded = "RotationSucceeded";

    /// <summary>The events with which a rotation ends that did not succeed.</summary>
    private static readonly string[] Ends =
        ["RotationFailed", "RotationAbandoned", "RotationCancelled", "RotationMissed", "TestRotationFailed", "TestRotationSucceeded"];

    /// <summary>In the order in which they run.</summary>
    public static readonly IReadOnlyList<string> StepNames = ["createSecret", "setSecret", "testSecret", "finishSecret"];

    public required IReadOnlyList<StepProgress> Steps { get; init; }

    public required RotationOutcome Outcome { get; init; }

    public required int Attempt { get; init; }

    /// <summary>When the next attempt begins, while the rotation waits for it.</summary>
    public DateTimeOffset? WaitsUntil { get; init; }

    /// <summary>Class and text of the last failure: why it waits, or why it ended.</summary>
    public string? Cause { get; init; }

    public string? CauseMessage { get; init; }

    /// <summary>Of a rotation that succeeded: how long the target refused the value that applications had; null when not known.</summary>
    public TimeSpan? Gap { get; init; }

    /// <summary>The events of this version's rotation since it was started or taken up again, oldest first.</summary>
    public required IReadOnlyList<RotationEvent> Events { get; init; }

    public static RotationProgress Of(RotationDescription description, string versionId, DateTimeOffset now)
    {
        var events = SinceStart(description.Events.Where(entry => IsOf(versionId, entry)).ToArray());
        var ongoing = description.State != RotationDescription.Idle && description.VersionId == versionId;
        var outcome = OutcomeOf(description, ongoing, events);
        var failure = outcome == RotationOutcome.Succeeded ? null : events.LastOrDefault(entry => entry.Cause is not null);
        var waits = ongoing && description.NotBefore > now;
        return new RotationProgress
        {
            Steps = StepsOf(events, ongoing && !waits ? description.Step : null),
            Outcome = outcome,
            Attempt = ongoing ? description.Attempt : events.LastOrDefault()?.Attempt ?? 0,
            WaitsUntil = waits ? description.NotBefore : null,
            Cause = (ongoing ? description.Cause : null) ?? failure?.Cause,
            CauseMessage = (ongoing ? description.CauseMessage : null) ?? failure?.Message,
            Gap = events.LastOrDefault(entry => entry.Event == Succeeded)?.GapMilliseconds is { } gap
                ? TimeSpan.FromMilliseconds(gap)
                : null,
            Events = events,
        };
    }

    /// <summary>A rotation that was taken up again is told from there: nobody asked for what went wrong before.</summary>
    private static RotationEvent[] SinceStart(RotationEvent[] events) =>
        events[Math.Max(0, Array.FindLastIndex(events, entry => entry.Event is Started or Redriven))..];

    /// <summary>Of no version are missed windows, which belong here, and what is done between rotations, which does not.</summary>
    private static bool IsOf(string versionId, RotationEvent entry) =>
        entry.VersionId == versionId || (entry.VersionId is null && entry.Event.StartsWith("Rotation", StringComparison.Ordinal));

    private static RotationOutcome OutcomeOf(RotationDescription description, bool ongoing, RotationEvent[] events)
    {
        if (ongoing && description.State == RotationDescription.Parked) return RotationOutcome.Failed;
        // Others may be among them: that it waits for another rotation, and what was done after it.
        return events.LastOrDefault(entry => entry.Event is Started or Redriven or Succeeded || Ends.Contains(entry.Event))?.Event switch
        {
            Succeeded => RotationOutcome.Succeeded,
            null or Started or Redriven => RotationOutcome.Running,
            // The server may try again in the next window, which is more than anyone waits for.
            _ => RotationOutcome.Failed,
        };
    }

    /// <summary>An attempt begins with the first step again: what the attempt before it had done no longer counts.</summary>
    private static StepProgress[] StepsOf(RotationEvent[] events, string? running)
    {
        var steps = StepNames.ToDictionary(name => name, StepProgress.NotBegun);
        var begun = new Dictionary<string, DateTimeOffset>();
        var attempt = 0;
        foreach (var entry in events)
        {
            if (entry.Attempt > attempt)
            {
                steps = StepNames.ToDictionary(step => step, StepProgress.NotBegun);
                attempt = entry.Attempt;
            }
            if (entry.Step is not { } name || !steps.ContainsKey(name)) continue;
            if (entry.Event == "StepStarted") begun[name] = entry.At;
            TimeSpan? duration = entry.Event != "StepStarted" && begun.TryGetValue(name, out var since) ? entry.At - since : null;
            steps[name] = new StepProgress(name, StatusAfter(entry.Event), duration);
        }
        if (running is not null && steps.TryGetValue(running, out var step) && step.Status is StepStatus.Waiting or StepStatus.Failed)
            steps[running] = new StepProgress(running, StepStatus.Running, null);
        return [.. StepNames.Select(name => steps[name])];
    }

    private static StepStatus StatusAfter(string happened) => happened switch
    {
        "StepSucceeded" => StepStatus.Done,
        "StepFailed" => StepStatus.Failed,
        _ => StepStatus.Running,
    };
}
