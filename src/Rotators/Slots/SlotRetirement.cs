namespace Rekey.Rotators.Slots;

/// <summary>
/// How a credential that was current goes: grace, disabled, soak, deleted. The phase is written before its effect, so that after a crash
/// the same effect runs again; and each time, because the write is what refuses a caller whose lease somebody else has.
/// </summary>
internal sealed class SlotRetirement(ICredentialIssuer issuer, SlotSettings settings, TimeProvider time)
{
    /// <summary>Whether a step is due that takes the credential away from whoever uses it.</summary>
    public bool IsDue(RetiringCredential retiring, StoredSlots stored) =>
        retiring.Id != stored.CurrentId && retiring.Id != stored.PendingId && time.GetUtcNow() >= retiring.NotBefore
        && !(settings.KeepsUntilNext && retiring.Phase == RetirementPhase.Grace);

    /// <summary>Takes as many steps as are due.</summary>
    /// <returns>When the next one is; null when there is none.</returns>
    public async Task<DateTimeOffset?> StepAsync(
        RetiringCredential retiring, StoredSlots stored, SlotJournal journal, CancellationToken cancellationToken)
    {
        if (retiring.Id == stored.CurrentId || retiring.Id == stored.PendingId)
        {
            // Somebody went back to it: it is in use again.
            if (retiring.Phase != RetirementPhase.Grace) await issuer.EnableAsync(retiring.Id, cancellationToken);
            FaultPoint.Reach("slots.enabled");
            await journal.KeepAsync(retiring.Id, cancellationToken);
            return null;
        }
        // What has begun is finished; what has not waits for the next rotation to need the slot.
        if (settings.KeepsUntilNext && retiring.Phase == RetirementPhase.Grace) return null;
        if (time.GetUtcNow() < retiring.NotBefore) return retiring.NotBefore;
        if (retiring.Phase is RetirementPhase.Grace or RetirementPhase.Disabling)
        {
            if (retiring.Phase == RetirementPhase.Grace && await FindUseAsync(retiring.Id, cancellationToken) is { } used)
            {
                var later = retiring with { NotBefore = used + settings.Quiet };
                await journal.WriteAsync(later, cancellationToken);
                return later.NotBefore;
            }
            return await DisableAsync(retiring.Id, journal, cancellationToken);
        }
        await DeleteAsync(retiring.Id, journal, cancellationToken);
        return null;
    }

    /// <summary>Disables it, unless it is in use. <see cref="FailureCause.Unavailable"/> when it is.</summary>
    /// <returns>When it may be deleted.</returns>
    public async Task<DateTimeOffset> DisableAsync(string id, SlotJournal journal, CancellationToken cancellationToken)
    {
        var hasBegun = journal.State.Retiring.Any(one => one.Id == id && one.Phase == RetirementPhase.Disabling);
        if (!hasBegun && await FindUseAsync(id, cancellationToken) is { } used) throw SlotFailures.InUse(id, used + settings.Quiet);
        await journal.WriteAsync(new RetiringCredential(id, RetirementPhase.Disabling, time.GetUtcNow()), cancellationToken);
        FaultPoint.Reach("slots.before-disable");
        await issuer.DisableAsync(id, cancellationToken);
        FaultPoint.Reach("slots.after-disable");
        var end = time.GetUtcNow() + settings.Soak;
        await journal.WriteAsync(new RetiringCredential(id, RetirementPhase.Soak, end), cancellationToken);
        return end;
    }

    public async Task DeleteAsync(string id, SlotJournal journal, CancellationToken cancellationToken)
    {
        await journal.WriteAsync(new RetiringCredential(id, RetirementPhase.Deleting, time.GetUtcNow()), cancellationToken);
        FaultPoint.Reach("slots.before-delete");
        await issuer.DeleteAsync(id, cancellationToken);
        FaultPoint.Reach("slots.after-delete");
        await journal.DropAsync(id, time.GetUtcNow(), cancellationToken);
    }

    /// <summary>The last use, when it is too near.</summary>
    private async Task<DateTimeOffset?> FindUseAsync(string id, CancellationToken cancellationToken)
    {
        if (settings.Forces) return null;
        var used = await issuer.FindLastUseAsync(id, cancellationToken);
        return used is { } moment && moment + settings.Quiet > time.GetUtcNow() ? moment : null;
    }
}
