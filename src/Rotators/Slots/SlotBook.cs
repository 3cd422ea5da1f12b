namespace Rekey.Rotators.Slots;

/// <summary>What a secret stores of its slots, opened for one step. Not a record: it must not print its members.</summary>
/// <param name="stored">The ids in the stored versions.</param>
/// <param name="current">The credential of AWSCURRENT; null when it has none. The caller's to dispose.</param>
/// <param name="journal">The secret's.</param>
public sealed class SlotBook(StoredSlots stored, IssuedCredential? current, SlotJournal journal)
{
    public StoredSlots Stored { get; } = stored;

    public IssuedCredential? Current { get; } = current;

    public SlotJournal Journal { get; } = journal;
}
