using Rekey.Server.Rotation.Upkeep;

namespace Rekey.Server.Extensions;

/// <summary>What is done for a secret between its rotations, and how it went last.</summary>
internal sealed record UpkeepEntry
{
    public string? Cause { get; init; }
    public string? CauseMessage { get; init; }

    /// <summary>When it is done next; absent when nothing is to be done.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Heal, Retire or Heartbeat.</summary>
    public required string Kind { get; init; }

    /// <summary>Succeeded, Failed or Drifted; absent before it was done once.</summary>
    public string? Outcome { get; init; }

    public string? Remedy { get; init; }

    /// <summary>Idle, Due, Running, or Parked: failed and not tried again until someone acts.</summary>
    public required string State { get; init; }

    public static List<UpkeepEntry>? Of(List<UpkeepTask> tasks) => tasks.Count == 0 ? null : tasks.ConvertAll(Of);

    private static UpkeepEntry Of(UpkeepTask task) => new()
    {
        Kind = task.Kind.ToString(),
        State = task.Owner is not null ? "Running" : task.DueAt is not null ? "Due" : task.IsParked ? "Parked" : "Idle",
        DueAt = task.DueAt,
        Outcome = task.Outcome?.ToString(),
        EndedAt = task.EndedAt,
        Cause = task.Cause?.ToString(),
        CauseMessage = task.CauseMessage,
        Remedy = UpkeepRemedy.Of(task),
    };
}
