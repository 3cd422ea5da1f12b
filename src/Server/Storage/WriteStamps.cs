namespace Rekey.Server.Storage;

/// <summary>
/// Tells caches whether what they read is still true, without knowing what they hold. A write marks each key before it commits and again
/// when it has ended, committed or not. What was read while no write on its key was under way stays true until the key's stamp differs.
/// Keys share a fixed number of stamps, so a write may cost a neighbour its cached value, never its truth.
/// </summary>
public sealed class WriteStamps
{
    private const int Slots = 1 << 14;

    // A stamp counts ended writes in its upper half and writes under way in its lower half.
    private const long Begun = 1;
    private const long Ended = (1L << 32) - Begun;
    private const long UnderWayMask = (1L << 32) - 1;

    private readonly long[] _stamps = new long[Slots];

    /// <summary>The place of a key, for the calls below.</summary>
    public static int SlotOf(string key) => string.GetHashCode(key, StringComparison.Ordinal) & (Slots - 1);

    /// <summary>The stamp to keep with what is read from now on. Take it before the read begins.</summary>
    public long Take(int slot) => Volatile.Read(ref _stamps[slot]);

    /// <summary>True while what was read under the stamp is true: no write on the key was or is under way since it was taken.</summary>
    public bool IsValid(int slot, long stamp) => (stamp & UnderWayMask) == 0 && Volatile.Read(ref _stamps[slot]) == stamp;

    /// <summary>A write on a key is under way: nothing read from now on may be kept. Call it before the commit can be seen.</summary>
    internal int Begin(string key)
    {
        var slot = SlotOf(key);
        Interlocked.Add(ref _stamps[slot], Begun);
        return slot;
    }

    /// <summary>The write has ended and its outcome can be seen. Call it before the writer is answered.</summary>
    internal void End(int slot) => Interlocked.Add(ref _stamps[slot], Ended);
}
