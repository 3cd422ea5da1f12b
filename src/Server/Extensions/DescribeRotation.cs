using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
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

    /// <summary>Idle when no rotation is in progress, else the <see cref="RotationState"/>.</summary>
    public required string State { get; init; }

    /// <summary>What is done between rotations; absent for a secret of which nothing is known.</summary>
    public List<UpkeepEntry>? Upkeep { get; init; }

    /// <summary>createSecret, setSecret, testSecret or finishSecret while one of them may be running.</summary>
    public string? Step { get; init; }

    public string? VersionId { get; init; }
}

internal sealed record RotationEventEntry
{
    public required DateTimeOffset At { get; init; }
    public int Attempt { get; init; }
    public string? Cause { get; init; }
    public required string Event { get; init; }
    public string? Message { get; init; }
    public string? Step { get; init; }

    /// <summary>The version being made; absent for a window that was missed.</summary>
    public string? VersionId { get; init; }
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
            Upkeep = UpkeepEntry.Of(UpkeepRows.Of(session, secret.Arn)),
            Events = RotationJournal.Newest(session, secret.Arn, Limits.RotationEventsShown).ConvertAll(Entry),
        };
    }

    private static RotationEventEntry Entry(RotationEvent entry) => new()
    {
        At = entry.At,
        Attempt = entry.Attempt,
        Cause = entry.Cause?.ToString(),
        Event = entry.Name.ToString(),
        Message = entry.Message,
        Step = entry.Step,
        VersionId = entry.VersionId.Length == 0 ? null : entry.VersionId,
    };
}
