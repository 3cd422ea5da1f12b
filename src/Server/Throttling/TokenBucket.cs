namespace Rekey.Server.Throttling;

/// <summary>
/// A bucket of as many tokens as its rate gives in a second, full at first, refilled steadily; each call takes one. Kept as one number, the
/// moment at which the bucket will be full again (the generic cell rate algorithm, ITU-T I.371), so that it needs neither timer nor lock.
/// </summary>
internal sealed class TokenBucket
{
    private long _fullAt;
    private long _recordedAt = long.MinValue;

    /// <summary>Takes a token, or returns false when there is none.</summary>
    /// <param name="now">Monotonic, in ticks of any length.</param>
    /// <param name="second">Ticks in a second: how long an empty bucket takes to be full.</param>
    /// <param name="rate">Tokens in a second.</param>
    public bool TryTake(long now, long second, int rate)
    {
        var perToken = second / rate;
        var before = Volatile.Read(ref _fullAt);
        while (true)
        {
            var after = Math.Max(before, now) + perToken;
            if (after - now > perToken * rate) return false;
            var seen = Interlocked.CompareExchange(ref _fullAt, after, before);
            if (seen == before) return true;
            before = seen;
        }
    }

    /// <summary>A full bucket is as good as none.</summary>
    public bool IsFull(long now) => Volatile.Read(ref _fullAt) <= now;

    /// <summary>True for the first refusal in a second.</summary>
    public bool TakeRecord(long now, long second)
    {
        var before = Volatile.Read(ref _recordedAt);
        return (before == long.MinValue || now - before >= second) && Interlocked.CompareExchange(ref _recordedAt, now, before) == before;
    }
}
