using Rekey.Rotators.Slots;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Slots;

/// <summary>When the credentials that a target made for a secret are looked after, beside the times that their journal names.</summary>
internal static class SlotUpkeep
{
    /// <summary>
    /// A rotation ended early, or labels were moved by hand: credentials may be left that nobody needs, or one that is needed again may be
    /// disabled. Nothing for secrets without slots.
    /// </summary>
    public static void Soon(Session session, string secretArn, DateTimeOffset now)
    {
        if (SlotRows.Find(session, secretArn) is null) return;
        if (UpkeepRows.Find(session, secretArn, UpkeepKind.Retire)?.DueAt <= now) return;
        UpkeepRows.Schedule(session, secretArn, UpkeepKind.Retire, now);
    }

    /// <summary>
    /// A credential is disabled already: waiting keeps nobody's login, and AWSCURRENT may have gone back to it.
    /// </summary>
    public static bool IsUnderWay(Session session, string secretArn) =>
        SlotRows.Find(session, secretArn)?.Retiring.Any(one => one.Phase != RetirementPhase.Grace) == true;
}
