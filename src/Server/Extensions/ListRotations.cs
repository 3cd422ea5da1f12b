using Rekey.Server.Authorization;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Status;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Extensions;

internal sealed record ListRotationsRequest
{
    /// <summary>1 to 100; default 100.</summary>
    public int? MaxResults { get; init; }

    public string? NextToken { get; init; }
}

internal sealed record ListRotationsResponse
{
    public string? NextToken { get; init; }
    public required IReadOnlyList<RotationSummaryEntry> Rotations { get; init; }
}

internal sealed record RotationSummaryEntry
{
    public required string ARN { get; init; }
    public int Attempt { get; init; }

    /// <summary>Of the last failure that is not overcome.</summary>
    public string? Cause { get; init; }
    public string? CauseMessage { get; init; }

    /// <summary>Name of the rotation function.</summary>
    public string? Function { get; init; }

    /// <summary>How the last rotation, or test of one, ended: RotationSucceeded, RotationFailed, RotationMissed, ...</summary>
    public string? LastEvent { get; init; }
    public DateTimeOffset? LastEventAt { get; init; }
    public DateTimeOffset? LastRotatedDate { get; init; }
    public required string Name { get; init; }
    public DateTimeOffset? NextRotationDate { get; init; }

    /// <summary>When the next attempt of the rotation in progress begins.</summary>
    public DateTimeOffset? NotBefore { get; init; }
    public DateTimeOffset? OverdueSince { get; init; }

    /// <summary>Names of <see cref="RotationProblem"/>; empty when all is well.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
    public bool RotationEnabled { get; init; }

    /// <summary>Idle when no rotation is in progress, else the <see cref="RotationState"/>.</summary>
    public required string State { get; init; }
    public string? Step { get; init; }

    /// <summary>What is done between rotations; absent for a secret of which nothing is known.</summary>
    public List<UpkeepEntry>? Upkeep { get; init; }
}

/// <summary>
/// Rekey's own: how the rotations of the caller's account and region stand, one entry for each secret whose rotation was ever configured,
/// by name, a page at a time. Replicas are not among them: their primaries rotate. Reads one snapshot a page.
/// Errors: InvalidNextTokenException, AccessDeniedException. Source: own, for the command line.
/// </summary>
internal sealed class ListRotations(IDatabase database, PageTokens tokens, TimeProvider time)
    : IOperation<ListRotationsRequest, ListRotationsResponse>
{
    public ValueTask<ListRotationsResponse> InvokeAsync(
        ListRotationsRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        Authorizer.Demand(context);
        var after = request.NextToken is { } token ? tokens.Read(context, "", token) : "";
        var size = request.MaxResults ?? Limits.PageSizeMax;
        return ValueTask.FromResult(database.Read(session => List(session, context, after, size)));
    }

    private ListRotationsResponse List(Session session, RequestContext context, string after, int size)
    {
        // One more than asked for tells whether a page follows.
        var secrets = RotationStatus.Page(session, context.Account, context.Region, after, size + 1);
        var shown = secrets.Take(size).ToList();
        var now = time.GetUtcNow();
        return new ListRotationsResponse
        {
            NextToken = secrets.Count > size ? tokens.Write(context, "", shown[^1].Name) : null,
            Rotations = shown.ConvertAll(secret => Entry(RotationStatus.Of(session, secret, now))),
        };
    }

    private static RotationSummaryEntry Entry(RotationStatus status)
    {
        var (secret, rotation, end) = (status.Secret, status.InProgress, status.LastEnd);
        return new RotationSummaryEntry
        {
            ARN = secret.Arn,
            Name = secret.Name,
            Function = secret.RotationLambdaArn?.Split(':')[^1],
            RotationEnabled = secret.RotationEnabled == true,
            State = rotation?.State.ToString() ?? "Idle",
            Step = rotation is null ? null : RotationRun.StepOf(rotation.State)?.WireName(),
            Attempt = rotation?.Attempt ?? 0,
            NotBefore = rotation?.NotBefore,
            Cause = (rotation is null ? end?.Cause : rotation.Cause)?.ToString(),
            CauseMessage = rotation is null ? end?.Message : rotation.CauseMessage,
            LastEvent = end?.Name.ToString(),
            LastEventAt = end?.At,
            LastRotatedDate = secret.LastRotatedDate,
            NextRotationDate = secret.ShownNextRotationDate,
            OverdueSince = status.OverdueSince,
            Problems = [.. status.Problems.Select(problem => problem.ToString())],
            Upkeep = UpkeepEntry.Of(status.Upkeep),
        };
    }
}
