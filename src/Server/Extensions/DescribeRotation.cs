using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Extensions;

internal sealed record DescribeRotationRequest
{
    public required string SecretId { get; init; }
}

internal sealed record DescribeRotationResponse
{
    public required string ARN { get; init; }
    public int Attempt { get; init; }
    public string? Cause { get; init; }
    public string? CauseMessage { get; init; }
    public required List<RotationEventEntry> Events { get; init; }
    public required string Name { get; init; }
    public DateTimeOffset? NotBefore { get; init; }
    public required RotationSettingsEntry Settings { get; init; }

    /// <summary>Idle when no rotation is in progress, else the <see cref="RotationState"/>.</summary>
    public required string State { get; init; }

    /// <summary>What is done between rotations; absent for a secret of which nothing is known.</summary>
    public List<UpkeepEntry>? Upkeep { get; init; }

    /// <summary>createSecret, setSecret, testSecret or finishSecret while one of them may be running.</summary>
    public string? Step { get; init; }

    /// <summary>The superuser secret bound by RotateSecret; absent for none.</summary>
    public string? SuperuserARN { get; init; }

    /// <summary>The server that rotation is held to; absent before the first rotation.</summary>
    public PinnedTargetEntry? Target { get; init; }

    public string? VersionId { get; init; }
}

internal sealed record RotationEventEntry
{
    public required DateTimeOffset At { get; init; }
    public int Attempt { get; init; }
    public string? Cause { get; init; }

    /// <summary>How long the step, or the whole rotation, took.</summary>
    public long? DurationMilliseconds { get; init; }
    public required string Event { get; init; }

    /// <summary>Of a rotation that succeeded: how long the target refused what applications had.</summary>
    public long? GapMilliseconds { get; init; }
    public IReadOnlyList<LabelMoveEntry>? LabelMoves { get; init; }
    public string? Message { get; init; }

    /// <summary>What the target said, where it was a database.</summary>
    public string? NativeCode { get; init; }

    /// <inheritdoc cref="NativeCode"/>
    public string? SqlState { get; init; }
    public string? Step { get; init; }

    /// <summary>The version being made; absent for a window that was missed.</summary>
    public string? VersionId { get; init; }
}

internal sealed record LabelMoveEntry
{
    /// <summary>The version the label was on; absent for none.</summary>
    public string? From { get; init; }
    public required string Label { get; init; }

    /// <summary>The version it is on now; absent for none.</summary>
    public string? To { get; init; }
}

/// <summary>
/// Rekey's own: where a secret's rotation stands and its newest events, at most <see cref="Limits.RotationEventsShown"/>, oldest first.
/// Reads one snapshot. Errors: ResourceNotFoundException, AccessDeniedException. Source: own, for the command line.
/// </summary>
internal sealed class DescribeRotation(IDatabase database) : IOperation<DescribeRotationRequest, DescribeRotationResponse>
{
    public ValueTask<DescribeRotationResponse> InvokeAsync(
        DescribeRotationRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return ValueTask.FromResult(database.Read(session => Describe(session, id, context)));
    }

    private static DescribeRotationResponse Describe(Session session, SecretIdentifier id, RequestContext context)
    {
        var secret = SecretAccess.Demand(session, context, id);
        var rotation = RotationRows.Find(session, secret.Arn);
        var configuration = RotationConfigurations.Of(session, secret.Arn);
        return new DescribeRotationResponse
        {
            ARN = secret.Arn,
            Name = secret.Name,
            VersionId = rotation?.VersionId,
            State = rotation?.State.ToString() ?? "Idle",
            Step = rotation is null ? null : RotationRun.StepOf(rotation.State)?.WireName(),
            Attempt = rotation?.Attempt ?? 0,
            NotBefore = rotation?.NotBefore,
            Cause = rotation?.Cause?.ToString(),
            CauseMessage = rotation?.CauseMessage,
            Settings = RotationSettingsEntry.Of(configuration.Settings),
            SuperuserARN = configuration.SuperuserArn,
            Target = PinnedTargetEntry.Of(configuration),
            Upkeep = UpkeepEntry.Of(UpkeepRows.Of(session, secret.Arn)),
            Events = RotationJournal.Newest(session, secret.Arn, Limits.RotationEventsShown).ConvertAll(Entry),
        };
    }

    private static RotationEventEntry Entry(RotationEvent entry) => new()
    {
        At = entry.At,
        Attempt = entry.Attempt,
        Cause = entry.Cause?.ToString(),
        DurationMilliseconds = Milliseconds(entry.Duration),
        Event = entry.Name.ToString(),
        GapMilliseconds = Milliseconds(entry.Gap),
        LabelMoves = entry.LabelMoves.Count == 0
            ? null
            : [.. entry.LabelMoves.Select(move => new LabelMoveEntry { Label = move.Label, From = move.From, To = move.To })],
        Message = entry.Message,
        NativeCode = entry.NativeCode,
        SqlState = entry.SqlState,
        Step = entry.Step,
        VersionId = entry.VersionId.Length == 0 ? null : entry.VersionId,
    };

    private static long? Milliseconds(TimeSpan? span) => span is { } known ? (long)known.TotalMilliseconds : null;
}
