using Rekey.Rotators;

namespace Rekey.Server.Rotation.Upkeep;

/// <summary>What is done for a secret between its rotations.</summary>
internal enum UpkeepKind
{
    /// <summary>Finds out whether AWSCURRENT logs in, and makes it do so when another stored version does.</summary>
    Heal,

    /// <summary>Takes the old credential away after the grace.</summary>
    Retire,

    /// <summary>Proves that AWSCURRENT logs in and that the pair's rights agree.</summary>
    Heartbeat,
}

/// <summary>How a task's last run ended.</summary>
internal enum UpkeepOutcome
{
    Succeeded,
    Failed,

    /// <summary>AWSCURRENT logs in, but the rights of the pair differ.</summary>
    Drifted,
}

/// <summary>One row of <c>rotation_upkeep</c>: a task of a secret, due or not, and how it ended last.</summary>
internal sealed record UpkeepTask
{
    public required string SecretArn { get; init; }

    public required UpkeepKind Kind { get; init; }

    /// <summary>Null when nothing is to be done: it has ended, or is parked until someone acts.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Attempts begun since the task was scheduled; of a heartbeat since the last one that ended.</summary>
    public int Attempt { get; init; }

    /// <summary>The node that runs it.</summary>
    public string? Owner { get; init; }

    /// <summary>
    /// Until when that node, or one that has lost the task since, may be speaking to the database. Holds without an owner too.
    /// </summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>Grows by one with each claim and each change of what the task is about; an older one writes nothing.</summary>
    public required long Fence { get; init; }

    /// <summary>Of the last run that ended; null before there was one.</summary>
    public UpkeepOutcome? Outcome { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public FailureCause? Cause { get; init; }

    /// <summary>Text of the failure, or in what the pair differs; free of secrets.</summary>
    public string? CauseMessage { get; init; }

    /// <summary>Failed, and not tried again until someone acts.</summary>
    public bool IsParked => DueAt is null && Outcome == UpkeepOutcome.Failed;

    /// <summary>The task with nothing to do any more, after a proof by other means that all is well.</summary>
    public UpkeepTask Settled(DateTimeOffset now) => this with
    {
        DueAt = null,
        Attempt = 0,
        Owner = null,
        Fence = Fence + 1,
        Outcome = UpkeepOutcome.Succeeded,
        EndedAt = now,
        Cause = null,
        CauseMessage = null,
    };
}
