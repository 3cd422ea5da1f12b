using System.Collections.Concurrent;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// Sealed values that were read, by what was asked for. Never a plaintext. A value is handed out
/// only while its stamp says that no write on its secret has begun since before it was read, so a reader can neither keep nor get what a
/// write has replaced. Bounded by two generations: the young one takes what is used, and becomes the old one when it is full; what is in
/// the old one is dropped with it unless it is used again. Holds nothing when other processes may write too.
/// </summary>
internal sealed class ValueCache
{
    /// <summary>Bytes of an entry beside its texts and its ciphertext: measured, rounded up.</summary>
    private const int EntryOverheadBytes = 400;

    private readonly WriteStamps? _stamps;
    private readonly long _generationBytesMax;
    private readonly Lock _turning = new();
    private volatile Generation _young = new();
    private volatile Generation _old = new();

    public ValueCache(IDatabase database) : this(database.Stamps, Limits.SecretCacheBytesMax)
    {
    }

    internal ValueCache(WriteStamps? stamps, long bytesMax)
    {
        _stamps = stamps;
        _generationBytesMax = bytesMax / 2;
    }

    /// <summary>False when nothing is kept, because others may write to the store.</summary>
    public bool IsKeeping => _stamps is not null;

    /// <summary>The value that was cached for the key, or null when there is none or it may have been replaced.</summary>
    public SealedValue? Find(in ValueKey key)
    {
        if (_stamps is null) return null;
        if (!_young.Entries.TryGetValue(key, out var entry))
        {
            if (!_old.Entries.TryGetValue(key, out entry)) return null;
            if (_stamps.IsValid(entry.Slot, entry.Stamp)) Keep(key, entry);
        }
        return _stamps.IsValid(entry.Slot, entry.Stamp) ? entry.Value : null;
    }

    /// <summary>Begins a read that may be cached. Call it before the store is asked.</summary>
    public Reading Begin(string cacheKey)
    {
        if (_stamps is null) return default;
        var slot = WriteStamps.SlotOf(cacheKey);
        return new Reading(slot, _stamps.Take(slot));
    }

    /// <summary>Keeps what was read since <see cref="Begin"/>, unless a write has begun since.</summary>
    public void Add(in ValueKey key, Reading reading, SealedValue value)
    {
        if (_stamps is not null && _stamps.IsValid(reading.Slot, reading.Stamp)) Keep(key, new Entry(value, reading.Slot, reading.Stamp));
    }

    private void Keep(in ValueKey key, Entry entry)
    {
        var young = _young;
        young.Entries[key] = entry;
        var size = EntryOverheadBytes + (2 * key.CharCount) + (2 * entry.Value.Arn.Length) + entry.Value.Ciphertext!.Length
            + (entry.Value.Policy?.ByteCount ?? 0);
        if (Interlocked.Add(ref young.Bytes, size) <= _generationBytesMax) return;
        lock (_turning)
        {
            if (_young != young) return;
            _old = young;
            _young = new Generation();
        }
    }

    internal readonly record struct Reading(int Slot, long Stamp);

    private sealed record Entry(SealedValue Value, int Slot, long Stamp);

    private sealed class Generation
    {
        public readonly ConcurrentDictionary<ValueKey, Entry> Entries = new();
        public long Bytes;
    }
}
