using System.Globalization;
using Rekey.Rotators;
using Rekey.Server.Rotation.Upkeep;

namespace Rekey.Server.Extensions;

/// <summary>A line of a diagnosis for what went wrong between the secret's rotations: heal, retire or heartbeat.</summary>
internal static class UpkeepHop
{
    /// <summary>Null while nothing is wrong.</summary>
    public static HopResult? Find(UpkeepTask task) => task.Outcome is null or UpkeepOutcome.Succeeded
        ? null
        : new HopResult(Name(task.Kind), false, Detail(task), UpkeepRemedy.Of(task), task.Cause);

    private static string Name(UpkeepKind kind) => kind switch
    {
        UpkeepKind.Heal => "heal",
        UpkeepKind.Retire => "retire",
        _ => "heartbeat",
    };

    private static string Detail(UpkeepTask task)
    {
        var what = task switch
        {
            { Outcome: UpkeepOutcome.Drifted } => "The rights of the pair differ",
            { Kind: UpkeepKind.Heal } => "AWSCURRENT could not be made to log in",
            { Kind: UpkeepKind.Retire } => "The old credential could not be taken away",
            _ => "AWSCURRENT did not log in",
        };
        var when = task.EndedAt is { } at ? at.UtcDateTime.ToString(" 'at' yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) : "";
        return $"{what}{when}: {task.CauseMessage}";
    }
}
