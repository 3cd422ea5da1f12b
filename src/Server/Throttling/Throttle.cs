using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Rekey.Server.Throttling;

/// <summary>
/// Counts the calls of each principal in each region against the rate of their group. In memory only, a bucket for who called within the
/// last second: full buckets are dropped when there are many, which loses nothing. Beyond <see cref="Limits.TokenBucketsMax"/> callers
/// within one second those that come new are not counted: no single one of so many is the trouble.
/// </summary>
internal sealed class Throttle
{
    private readonly int[] _rates;
    private readonly ConcurrentDictionary<(string Principal, string Region, RateGroup Group), TokenBucket> _buckets = new();
    private readonly TimeProvider _time;
    private readonly int _bucketsMax;
    private int _count;
    private long _sweptAt;

    public Throttle(IOptions<ThrottlingOptions> options, TimeProvider time) : this(options.Value, time, Limits.TokenBucketsMax)
    {
    }

    internal Throttle(ThrottlingOptions options, TimeProvider time, int bucketsMax)
    {
        IsOn = options.Enabled;
        _rates = [.. Enum.GetValues<RateGroup>().Select(options.RateOf)];
        _time = time;
        _bucketsMax = bucketsMax;
        _sweptAt = time.GetTimestamp();
    }

    /// <summary>False: nobody asks.</summary>
    public bool IsOn { get; }

    /// <summary>Buckets in memory.</summary>
    internal int Count => _buckets.Count;

    /// <summary>Counts a call, or refuses it.</summary>
    /// <param name="principalArn">Who calls, authenticated.</param>
    /// <param name="action">The IAM action, such as <c>secretsmanager:GetSecretValue</c>.</param>
    public ThrottleAnswer Ask(string principalArn, string region, string action)
    {
        if (RateGroups.Of(action) is not { } group) return ThrottleAnswer.Go;
        var (now, second) = (_time.GetTimestamp(), _time.TimestampFrequency);
        if (Find((principalArn, region, group), now, second) is not { } bucket) return ThrottleAnswer.Go;
        if (bucket.TryTake(now, second, _rates[(int)group])) return ThrottleAnswer.Go;
        return bucket.TakeRecord(now, second) ? ThrottleAnswer.RefuseAndRecord : ThrottleAnswer.Refuse;
    }

    private TokenBucket? Find((string Principal, string Region, RateGroup Group) key, long now, long second)
    {
        if (_buckets.TryGetValue(key, out var bucket)) return bucket;
        if (Volatile.Read(ref _count) >= _bucketsMax) Sweep(now, second);
        if (Volatile.Read(ref _count) >= _bucketsMax) return null;
        var made = new TokenBucket();
        bucket = _buckets.GetOrAdd(key, made);
        if (bucket == made) Interlocked.Increment(ref _count);
        return bucket;
    }

    /// <summary>At most once a second, because more often would find no more.</summary>
    private void Sweep(long now, long second)
    {
        var before = Volatile.Read(ref _sweptAt);
        if (now - before < second || Interlocked.CompareExchange(ref _sweptAt, now, before) != before) return;
        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.IsFull(now) && _buckets.TryRemove(key, out _)) Interlocked.Decrement(ref _count);
        }
    }
}

/// <summary>What becomes of a call.</summary>
internal enum ThrottleAnswer
{
    Go,

    /// <summary>The first refusal of the bucket in a second.</summary>
    RefuseAndRecord,

    /// <summary>Another one: the record of the first stands for it.</summary>
    Refuse,
}
