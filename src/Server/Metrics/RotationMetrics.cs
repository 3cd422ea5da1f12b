using Rekey.Rotators;
using Rekey.Server.Observability;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Native;
using Rekey.Server.Storage;

namespace Rekey.Server.Metrics;

/// <summary>
/// Counts what happens to rotations: each event once, when the transaction that writes it down is committed by this node.
/// </summary>
internal sealed class RotationMetrics
{
    private const string Unknown = "other";

    private static readonly string[] s_kind = ["engine", "strategy"];

    private readonly CounterFamily _rotations = new(
        "rekey_rotations_total", "Rotations, and tests of one, that ended, by how.", [.. s_kind, "result", "cause"]);

    private readonly CounterFamily _steps = new(
        "rekey_rotation_steps_total", "Steps of rotations that ended, by how.", [.. s_kind, "step", "result", "cause"]);

    private readonly CounterFamily _events = new(
        "rekey_rotation_events_total", "Everything that the journal of rotations has written down, by name.", [.. s_kind, "event"]);

    private readonly CounterFamily _refusals = new(
        "rekey_refused_logins_total", "Attempts of steps and of upkeep whose login the target refused.", s_kind);

    private readonly HistogramFamily _stepSeconds = new(
        "rekey_rotation_step_duration_seconds", "How long steps took, also those that failed.",
        [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60], [.. s_kind, "step"]);

    private readonly HistogramFamily _rotationSeconds = new(
        "rekey_rotation_duration_seconds", "How long rotations that succeeded took, retries and waiting included.",
        [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 86_400], s_kind);

    private readonly HistogramFamily _gapSeconds = new(
        "rekey_rotation_gap_seconds", "How long the target refused what applications had, of rotations that succeeded; 0 for no gap.",
        [0, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 3600], s_kind);

    private readonly RotationFunctions _functions;

    public RotationMetrics(IDatabase database, RotationFunctions functions)
    {
        _functions = functions;
        database.Bell.SubscribeToNews(news =>
        {
            if (news is RotationNews rotation) Count(rotation);
        });
    }

    public void Write(PrometheusText text)
    {
        foreach (var counter in (CounterFamily[])[_rotations, _steps, _events, _refusals]) counter.Write(text);
        foreach (var histogram in (HistogramFamily[])[_stepSeconds, _rotationSeconds, _gapSeconds]) histogram.Write(text);
    }

    private void Count(RotationNews news)
    {
        var entry = news.Entry;
        var function = _functions.Find(news.FunctionArn ?? "");
        var engine = function?.Template.Engine.Name ?? Unknown;
        var strategy = function is null ? Unknown
            : function.Slots is not null ? "issued-credentials"
            : function.Template.Name.Contains("MultiUser", StringComparison.Ordinal) ? "alternating-users" : "single-user";
        var cause = entry.Cause?.ToString() ?? "";

        _events.Add(engine, strategy, entry.Name.ToString());
        if (ResultOf(entry.Name) is { } result) _rotations.Add(engine, strategy, result, cause);
        if (entry is { Step: { } step, Name: RotationEventName.StepSucceeded or RotationEventName.StepFailed })
        {
            var isSuccess = entry.Name == RotationEventName.StepSucceeded;
            _steps.Add(engine, strategy, step, isSuccess ? "succeeded" : "failed", cause);
            if (entry.Duration is { } took) _stepSeconds.Measure(took.TotalSeconds, engine, strategy, step);
        }
        // The end of a rotation repeats the cause of its last step.
        if (entry.Cause == FailureCause.Auth && ResultOf(entry.Name) is null) _refusals.Add(engine, strategy);
        if (entry.Name != RotationEventName.RotationSucceeded) return;
        if (entry.Duration is { } whole) _rotationSeconds.Measure(whole.TotalSeconds, engine, strategy);
        if (entry.Gap is { } gap) _gapSeconds.Measure(gap.TotalSeconds, engine, strategy);
    }

    private static string? ResultOf(RotationEventName name) => name switch
    {
        RotationEventName.RotationSucceeded => "succeeded",
        RotationEventName.RotationFailed => "failed",
        RotationEventName.RotationAbandoned => "abandoned",
        RotationEventName.RotationCancelled => "cancelled",
        RotationEventName.RotationMissed => "missed",
        RotationEventName.TestRotationSucceeded => "test_succeeded",
        RotationEventName.TestRotationFailed => "test_failed",
        _ => null,
    };
}
