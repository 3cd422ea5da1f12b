namespace Rekey.Rotators.Slots;

/// <summary>The journal of a rotation under way: what is in it is durable before the next effect begins.</summary>
/// <param name="state">As last written.</param>
/// <param name="write">Returns when the state is durable. Throws when the caller may no longer act for the secret.</param>
public sealed class SlotJournal(SlotState state, Func<SlotState, CancellationToken, Task> write)
{
    public SlotState State { get; private set; } = state;

    public async Task WriteAsync(SlotState next, CancellationToken cancellationToken)
    {
        await write(next, cancellationToken);
        State = next;
    }

    /// <summary>Writes another phase of a credential on its way out, which may not have been on it before.</summary>
    internal Task WriteAsync(RetiringCredential retiring, CancellationToken cancellationToken)
    {
        var others = State.Retiring.Where(one => one.Id != retiring.Id);
        return WriteAsync(State with { Retiring = [retiring, .. others] }, cancellationToken);
    }

    /// <summary>The credential is no longer on its way out.</summary>
    internal Task KeepAsync(string id, CancellationToken cancellationToken) =>
        WriteAsync(State with { Retiring = [.. State.Retiring.Where(one => one.Id != id)] }, cancellationToken);

    /// <summary>The credential was deleted.</summary>
    internal Task DropAsync(string id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var retiring = State.Retiring.Where(one => one.Id != id);
        var deleted = State.Deleted.Where(one => one.Id != id);
        return WriteAsync(
            State with { Retiring = [.. retiring], Deleted = [.. deleted, new DeletedCredential(id, now)] }, cancellationToken);
    }

    internal async Task ReconcileAsync(StoredSlots stored, SlotSettings settings, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var next = State.Corrected(settings, now).Reconcile(stored, settings, now);
        if (next != State) await WriteAsync(next, cancellationToken);
    }
}
