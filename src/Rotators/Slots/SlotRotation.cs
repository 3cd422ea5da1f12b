using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Slots;

/// <summary>
/// The third strategy: two sets of credentials for one principal, at a target that makes them itself. The old one goes on being let in
/// until the new one is current and a grace is over; nothing is taken away before there is something else.
/// 1. createSecret: clear what an earlier attempt left, make room, write the intent, have a credential made, store its value at once.
/// 2. setSecret has nothing to do. 3. testSecret: wait until the target knows the credential everywhere. 4. finishSecret: the labels move
/// and <see cref="SlotState.Promote"/> is written with them. 5. Later, <see cref="CleanUpAsync"/>: disable, wait, delete.
/// </summary>
public sealed class SlotRotation(ICredentialIssuer issuer, SlotSettings settings, TimeProvider time)
{
    /// <summary>Actions of one createSecret: bounded, in case a target lists ever more.</summary>
    private const int ActionsMax = 50;

    private readonly SlotRetirement _retirement = new(issuer, settings, time);

    /// <summary>
    /// Leaves a stored pending value behind. <see cref="FailureCause.Unavailable"/> while room is being made: the next attempt goes on
    /// from the journal.
    /// </summary>
    /// <param name="token">The version id of the version being made.</param>
    /// <param name="book">The secret's, read for this call.</param>
    /// <param name="storePending">
    /// Makes the value durable as AWSPENDING; returns when it is. Throws <see cref="RotatorException"/> when it certainly is not.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the credential that was being made is found by the next attempt.</param>
    public async Task CreateSecretAsync(
        string token, SlotBook book, Func<IssuedCredential, CancellationToken, Task> storePending, CancellationToken cancellationToken)
    {
        var (stored, journal) = (book.Stored, book.Journal);
        await journal.ReconcileAsync(stored, settings, time.GetUtcNow(), cancellationToken);
        for (var count = 0; count < ActionsMax; count++)
        {
            var listed = stored.PendingId is null ? await issuer.ListAsync(cancellationToken) : [];
            var action = SlotRules.Next(journal.State, stored, listed, issuer.SlotsMax, settings, time.GetUtcNow());
            switch (action.Kind)
            {
                case SlotActionKind.UsePending:
                    await journal.WriteAsync(WithPending(journal.State, stored, action.Id!), cancellationToken);
                    return;
                case SlotActionKind.Create:
                    await CreateAsync(token, stored, journal, storePending, cancellationToken);
                    return;
                case SlotActionKind.DeleteOrphan:
                    await _retirement.DeleteAsync(action.Id!, journal, cancellationToken);
                    break;
                case SlotActionKind.Disable:
                    await ProveCurrentAsync(book, cancellationToken);
                    await _retirement.DisableAsync(action.Id!, journal, cancellationToken);
                    break;
                case SlotActionKind.Delete:
                    await ProveCurrentAsync(book, cancellationToken);
                    await _retirement.DeleteAsync(action.Id!, journal, cancellationToken);
                    break;
                default:
                    throw SlotFailures.Of(action, issuer.SlotsMax);
            }
        }
        throw new RotatorException(FailureCause.Unavailable, $"No slot was free after {ActionsMax} steps. It is tried again later.");
    }

    /// <summary>
    /// Waits until the target lets the credential in several times in a row. <see cref="FailureCause.Unavailable"/> when it does not in
    /// time: the next attempt asks about the same credential, none is made anew.
    /// </summary>
    public async Task TestSecretAsync(IssuedCredential pending, CancellationToken cancellationToken)
    {
        if (!await IsLetInAsync(pending, cancellationToken)) throw SlotFailures.NotKnownEverywhere(pending.Id, settings);
    }

    /// <summary>
    /// Takes away what is due, and the orphans of broken-off rotations. To be run after a rotation and at the time it returns; may be
    /// broken off anywhere. <see cref="FailureCause.Unavailable"/> when AWSCURRENT is not let in: then nothing is taken away from anyone.
    /// </summary>
    /// <param name="book">The secret's, read for this call: what AWSCURRENT and AWSPENDING hold is left alone.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>When to run it again; null when nothing is left to do.</returns>
    public async Task<DateTimeOffset?> CleanUpAsync(SlotBook book, CancellationToken cancellationToken)
    {
        var (stored, journal) = (book.Stored, book.Journal);
        await journal.ReconcileAsync(stored, settings, time.GetUtcNow(), cancellationToken);
        await ClearIntentsAsync(stored, journal, cancellationToken);
        DateTimeOffset? next = null;
        var isProven = false;
        // What somebody went back to comes first: it has to be let in again before another one goes.
        foreach (var retiring in journal.State.Retiring.OrderByDescending(one => one.Id == stored.CurrentId).ToList())
        {
            if (!isProven && _retirement.IsDue(retiring, stored))
            {
                await ProveCurrentAsync(book, cancellationToken);
                isProven = true;
            }
            var again = await _retirement.StepAsync(retiring, stored, journal, cancellationToken);
            next = Earlier(next, again);
        }
        return Earlier(next, NextForgetting(journal.State));
    }

    /// <summary>Before any credential that was current is taken away, the one that is has to be let in.</summary>
    private async Task ProveCurrentAsync(SlotBook book, CancellationToken cancellationToken)
    {
        if (book.Current is { } current && !await IsLetInAsync(current, cancellationToken))
            throw SlotFailures.CurrentRefused(current.Id, settings);
    }

    private async Task<bool> IsLetInAsync(IssuedCredential credential, CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() + settings.ConsistencyMax;
        RotatorException? failure = null;
        for (var successes = 0; ;)
        {
            try
            {
                successes = await issuer.TestAsync(credential, cancellationToken) ? successes + 1 : 0;
                failure = null;
            }
            catch (RotatorException e) when (e.IsTransient || e.Cause == FailureCause.Auth)
            {
                (successes, failure) = (0, e);
            }
            if (successes == settings.SuccessesWanted) return true;
            if (time.GetUtcNow() >= until) return failure is null ? false : throw failure;
            await Task.Delay(settings.TestPause, time, cancellationToken);
        }
    }

    private async Task CreateAsync(
        string token, StoredSlots stored, SlotJournal journal, Func<IssuedCredential, CancellationToken, Task> storePending,
        CancellationToken cancellationToken)
    {
        var intents = journal.State.Intents.Where(intent => intent.Token != token);
        await journal.WriteAsync(
            journal.State with
            {
                // The first rotation learns here what AWSCURRENT holds.
                CurrentId = journal.State.CurrentId ?? stored.CurrentId,
                Intents = [.. intents, new CreationIntent(token, time.GetUtcNow())],
            },
            cancellationToken);
        FaultPoint.Reach("slots.before-create");
        using var issued = await issuer.CreateAsync(SlotRules.LabelOf(token), cancellationToken);
        FaultPoint.Reach("slots.after-create");
        try
        {
            await storePending(issued, cancellationToken);
        }
        catch (RotatorException e)
        {
            await DiscardAsync(issued.Id, e);
            throw;
        }
        FaultPoint.Reach("slots.after-store");
        await journal.WriteAsync(journal.State with { PendingId = issued.Id }, cancellationToken);
    }

    /// <summary>A value that could not be stored is lost: nobody would ever use the credential.</summary>
    private async Task DiscardAsync(string id, RotatorException cause)
    {
        try
        {
            // Not cancellable: a stop must not leave a credential behind that nobody holds.
            await issuer.DeleteAsync(id, CancellationToken.None);
        }
        catch (RotatorException e)
        {
            var text = $"The credential {id} could not be stored, nor deleted ({e.Message}); the next attempt deletes it";
            throw Failures.Prefixed(text, cause);
        }
    }

    /// <summary>Lists may lag: an intent is forgotten only when a list that must show its credential was free of orphans.</summary>
    private async Task ClearIntentsAsync(StoredSlots stored, SlotJournal journal, CancellationToken cancellationToken)
    {
        if (journal.State.Intents.Count + journal.State.Deleted.Count == 0) return;
        var known = SlotRules.Known(journal.State, stored);
        var before = time.GetUtcNow() - settings.ListLagMax;
        var listed = await issuer.ListAsync(cancellationToken);
        while (SlotRules.FindOrphan(journal.State, known, listed) is { } orphan)
        {
            await _retirement.DeleteAsync(orphan.Id, journal, cancellationToken);
            listed = [.. listed.Where(credential => credential.Id != orphan.Id)];
        }
        var intents = journal.State.Intents.Where(intent => intent.Since > before).ToList();
        var deleted = journal.State.Deleted.Where(one => one.At > before).ToList();
        if (intents.Count < journal.State.Intents.Count || deleted.Count < journal.State.Deleted.Count)
            await journal.WriteAsync(journal.State with { Intents = intents, Deleted = deleted }, cancellationToken);
    }

    /// <summary>When a list says enough to forget something.</summary>
    private DateTimeOffset? NextForgetting(SlotState state)
    {
        var times = state.Intents.Select(intent => intent.Since).Concat(state.Deleted.Select(one => one.At)).ToList();
        return times.Count == 0 ? null : times.Min() + settings.ListLagMax;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other : other is null || one < other ? one : other;

    private static SlotState WithPending(SlotState state, StoredSlots stored, string pending) => state with
    {
        CurrentId = state.CurrentId ?? stored.CurrentId,
        PendingId = pending == state.CurrentId ? null : pending,
    };
}
