using System.Text.Json.Serialization;

namespace Rekey.Rotators.Slots;

/// <summary>
/// The journal of one secret's slots: written before each effect, and holding what the stored versions alone would forget (a manual change
/// of labels takes an id out of them). It holds no secret. Equality is by reference to its lists.
/// </summary>
public sealed record SlotState
{
    public static SlotState Empty { get; } = new();

    /// <summary>The credential of AWSCURRENT; null before the first rotation.</summary>
    public string? CurrentId { get; init; }

    /// <summary>The credential of the version being made.</summary>
    public string? PendingId { get; init; }

    /// <summary>Credentials that were current, oldest first, until they are deleted.</summary>
    public IReadOnlyList<RetiringCredential> Retiring { get; init; } = [];

    /// <summary>
    /// Versions for which a credential may have been made of which nobody knows: kept until a list that shows everything was cleared of
    /// them.
    /// </summary>
    public IReadOnlyList<CreationIntent> Intents { get; init; } = [];

    /// <summary>What was deleted a while ago: a list may still show it.</summary>
    public IReadOnlyList<DeletedCredential> Deleted { get; init; } = [];

    /// <summary>The ids that are, or were, this secret's.</summary>
    [JsonIgnore]
    public IEnumerable<string> Ids =>
    [
        .. Retiring.Select(retiring => retiring.Id), .. Deleted.Select(deleted => deleted.Id),
        .. new[] { CurrentId, PendingId }.OfType<string>(),
    ];

    /// <summary>
    /// The version of this credential has become AWSCURRENT: to be written in one transaction with the labels. Pure; may be repeated.
    /// </summary>
    public SlotState Promote(string id, SlotSettings settings, DateTimeOffset now)
    {
        if (CurrentId == id) return this with { PendingId = PendingId == id ? null : PendingId };
        // One that somebody went back to stays on the way out until it is enabled again.
        var retiring = Retiring.Where(one => one.Id != id || one.Phase != RetirementPhase.Grace).ToList();
        if (CurrentId is { } old && retiring.TrueForAll(one => one.Id != old))
            retiring.Add(new RetiringCredential(old, RetirementPhase.Grace, now + settings.Grace));
        return this with { CurrentId = id, PendingId = PendingId == id ? null : PendingId, Retiring = retiring };
    }

    /// <summary>
    /// Takes over what people did to the labels meanwhile: another credential became current, or the version being made was given up.
    /// Pure.
    /// </summary>
    public SlotState Reconcile(StoredSlots stored, SlotSettings settings, DateTimeOffset now)
    {
        var state = this;
        if (PendingId is { } pending && pending != stored.PendingId && pending != stored.CurrentId && pending != CurrentId)
        {
            // Its value may have been read and be in use: it goes the way of a former current one, without a grace.
            state = state with
            {
                PendingId = null,
                Retiring = [.. Retiring.Where(one => one.Id != pending), new RetiringCredential(pending, RetirementPhase.Grace, now)],
            };
        }
        // A crash came between the value and its entry here.
        if (stored.PendingId is { } made && made != stored.CurrentId && !state.Ids.Contains(made)) state = state with { PendingId = made };
        return stored.CurrentId is { } current && current != CurrentId ? state.Promote(current, settings, now) : state;
    }

    /// <summary>
    /// Without the dates that a clock which was set back since has left in a future that no rule puts them in. Pure.
    /// </summary>
    public SlotState Corrected(SlotSettings settings, DateTimeOffset now)
    {
        var latest = now + new[] { settings.Grace, settings.Quiet, settings.Soak }.Max();
        if (Retiring.All(one => one.NotBefore <= latest) && Intents.All(one => one.Since <= now) && Deleted.All(one => one.At <= now))
            return this;
        return this with
        {
            Retiring = [.. Retiring.Select(one => one.NotBefore <= latest ? one : one with { NotBefore = latest })],
            Intents = [.. Intents.Select(one => one.Since <= now ? one : one with { Since = now })],
            Deleted = [.. Deleted.Select(one => one.At <= now ? one : one with { At = now })],
        };
    }
}

/// <summary>A credential on its way out.</summary>
/// <param name="NotBefore">When the next phase may begin, UTC.</param>
public sealed record RetiringCredential(string Id, RetirementPhase Phase, DateTimeOffset NotBefore);

/// <summary>The phase that may have begun.</summary>
public enum RetirementPhase
{
    /// <summary>It is as it was.</summary>
    Grace,

    /// <summary>It may be disabled already, or not yet.</summary>
    Disabling,

    /// <summary>It is disabled, and may still be enabled again.</summary>
    Soak,

    /// <summary>It may be gone already.</summary>
    Deleting,
}

/// <param name="At">UTC.</param>
public sealed record DeletedCredential(string Id, DateTimeOffset At);

/// <param name="Token">The version id the credential is for.</param>
/// <param name="Since">When a call to make one was last about to be made, UTC.</param>
public sealed record CreationIntent(string Token, DateTimeOffset Since);

/// <summary>The credentials that the stored versions hold; null for a version that has none.</summary>
public sealed record StoredSlots(string? CurrentId, string? PendingId, string? PreviousId);
