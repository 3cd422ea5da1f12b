using Rekey.Server.Storage;

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

/// <summary>Row by row SQL of <c>rotation_upkeep</c>.</summary>
internal static class UpkeepRows
{
    /// <summary>Makes a task due, in the place of one of the same kind. Whoever runs that one has lost its lease.</summary>
    public static void Schedule(Session session, string secretArn, UpkeepKind kind, DateTimeOffset dueAt) =>
        session.Execute(
            "INSERT INTO rotation_upkeep (arn, kind, due_at, attempt, fence) VALUES (@arn, @kind, @due, 0, 1) ON CONFLICT (arn, kind) "
            + "DO UPDATE SET due_at = @due, attempt = 0, owner = NULL, lease_until = NULL, fence = rotation_upkeep.fence + 1",
            ("arn", secretArn), ("kind", kind.ToString()), ("due", dueAt));
}
