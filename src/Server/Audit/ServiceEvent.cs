namespace Rekey.Server.Audit;

/// <summary>Something the service did on its own, as CloudTrail's AwsServiceEvent shows it.</summary>
public sealed record ServiceEvent
{
    public required DateTimeOffset Time { get; init; }
    public required string Account { get; init; }
    public required string Region { get; init; }

    /// <summary>Such as <c>RotationStarted</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Such as <c>secretsmanager.amazonaws.com</c>.</summary>
    public string Source { get; init; } = "secretsmanager.amazonaws.com";

    public required string ResourceArn { get; init; }

    /// <summary>Such as <c>Rotation-ARN-VersionId</c>.</summary>
    public required string RequestId { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    /// <summary>Event-specific fields as a JSON object; never a payload.</summary>
    public string? Detail { get; init; }
}
