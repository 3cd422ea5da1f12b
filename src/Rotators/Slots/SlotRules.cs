using System.Security.Cryptography;
using System.Text;

namespace Rekey.Rotators.Slots;

/// <summary>
/// What createSecret has to do next, decided from the journal, the stored versions and the target's list. Pure. What is not certainly this
/// secret's own is never disabled or deleted.
/// </summary>
internal static class SlotRules
{
    private const string Prefix = "rekey/";

    /// <summary>What a credential made for this version is labelled with: its id, or its hash where a label could not hold that.</summary>
    public static string LabelOf(string token) => token.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
        ? Prefix + token
        : $"{Prefix}hash/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}";

    /// <summary>The next action, when the one before it has been carried out and written.</summary>
    /// <param name="state">The journal.</param>
    /// <param name="stored">The ids in the stored versions.</param>
    /// <param name="listed">The target's list.</param>
    /// <param name="slotsMax">How many credentials there may be.</param>
    /// <param name="settings">The secret's.</param>
    /// <param name="now">UTC.</param>
    public static SlotAction Next(
        SlotState state, StoredSlots stored, IReadOnlyList<ListedCredential> listed, int slotsMax, SlotSettings settings,
        DateTimeOffset now)
    {
        if (stored.PendingId is { } pending) return new SlotAction(SlotActionKind.UsePending, pending);
        listed = [.. listed.Where(credential => state.Deleted.All(deleted => deleted.Id != credential.Id))];
        var known = Known(state, stored);
        if (FindOrphan(state, known, listed) is { } orphan) return new SlotAction(SlotActionKind.DeleteOrphan, orphan.Id);
        var foreign = listed.FirstOrDefault(credential => !known.Contains(credential.Id));
        if (foreign is not null && !settings.AllowsForeign) return new SlotAction(SlotActionKind.RefuseForeign, foreign.Id);
        if (listed.Count < slotsMax) return new SlotAction(SlotActionKind.Create);
        return MakeRoom(state, stored, listed, now);
    }

    /// <summary>One that was made for a version of ours whose value never came to be stored: its value is lost.</summary>
    public static ListedCredential? FindOrphan(SlotState state, IReadOnlySet<string> known, IReadOnlyList<ListedCredential> listed)
    {
        var labels = state.Intents.Select(intent => LabelOf(intent.Token)).ToHashSet(StringComparer.Ordinal);
        return listed.FirstOrDefault(credential =>
            credential.Label is { } label && labels.Contains(label) && !known.Contains(credential.Id));
    }

    public static IReadOnlySet<string> Known(SlotState state, StoredSlots stored) =>
        state.Ids.Concat(new[] { stored.CurrentId, stored.PendingId, stored.PreviousId }.OfType<string>()).ToHashSet();

    /// <summary>Only a credential that was current once may go, and never one that is current or pending.</summary>
    private static SlotAction MakeRoom(
        SlotState state, StoredSlots stored, IReadOnlyList<ListedCredential> listed, DateTimeOffset now)
    {
        var retiring = state.Retiring.FirstOrDefault(one =>
            listed.Any(credential => credential.Id == one.Id) && one.Id != state.CurrentId && one.Id != stored.CurrentId);
        if (retiring is null && stored.PreviousId is { } previous && previous != state.CurrentId && previous != stored.CurrentId
            && listed.Any(credential => credential.Id == previous))
        {
            retiring = new RetiringCredential(previous, RetirementPhase.Grace, now);
        }
        if (retiring is null) return new SlotAction(SlotActionKind.RefuseFull);
        return retiring.Phase switch
        {
            RetirementPhase.Grace when now < retiring.NotBefore => new SlotAction(SlotActionKind.Wait, retiring.Id, retiring.NotBefore),
            RetirementPhase.Grace or RetirementPhase.Disabling => new SlotAction(SlotActionKind.Disable, retiring.Id),
            RetirementPhase.Soak when now < retiring.NotBefore => new SlotAction(SlotActionKind.Wait, retiring.Id, retiring.NotBefore),
            _ => new SlotAction(SlotActionKind.Delete, retiring.Id),
        };
    }
}

/// <param name="NotBefore">With <see cref="SlotActionKind.Wait"/>.</param>
internal sealed record SlotAction(SlotActionKind Kind, string? Id = null, DateTimeOffset? NotBefore = null);

internal enum SlotActionKind
{
    /// <summary>A value is stored already: nothing is to be made.</summary>
    UsePending,
    DeleteOrphan,
    RefuseForeign,
    RefuseFull,
    Wait,
    Disable,
    Delete,
    Create,
}
