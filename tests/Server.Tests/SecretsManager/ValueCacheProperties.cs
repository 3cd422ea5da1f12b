using FsCheck;
using FsCheck.Fluent;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>
/// Readers and writers of one secret, taken apart into their steps and put together in random orders. Whatever the order, what the cache
/// hands out is what the store holds at that moment: not something that a commit has replaced, nor something that a reader brought late.
/// </summary>
public sealed class ValueCacheProperties
{
    private const int Runs = 1_000;
    private const string CacheKey = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s";
    private static readonly ValueKey s_key = new("123456789012", "us-east-1", "s", null, StagingLabels.Current);

    [Fact]
    public void AnyInterleaving_HandsOutWhatTheStoreHolds()
    {
        // Writes are rare, or the cache would hardly ever have an answer.
        var step = from actor in Gen.Frequency((8, Gen.Choose(0, 2)), (2, Gen.Choose(3, 4)))
                   from commits in Gen.Elements(true, true, false)
                   select new Step(actor, commits);
        var hits = 0;
        Prop.ForAll(step.ArrayOf(40).ToArbitrary(), steps => hits += Run(steps)).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));
        // The property would hold for a cache that never answers.
        hits.ShouldBeGreaterThan(Runs);
    }

    /// <returns>How often the cache had the value.</returns>
    private static int Run(Step[] steps)
    {
        var stamps = new WriteStamps();
        var cache = new ValueCache(stamps, bytesMax: 1 << 20);
        var store = new Store();
        Actor[] actors =
        [
            new Reader(cache, store), new Reader(cache, store), new Reader(cache, store),
            new Writer(stamps, store), new Writer(stamps, store),
        ];
        var hits = 0;
        foreach (var step in steps)
        {
            actors[step.Actor].Advance(step.Commits);
            if (cache.Find(s_key) is not { } found) continue;
            found.VersionId.ShouldBe($"{store.Value}");
            hits++;
        }
        return hits;
    }

    private sealed record Step(int Actor, bool Commits);

    private sealed class Store
    {
        public int Value { get; set; }
    }

    private abstract class Actor
    {
        private int _next;

        public void Advance(bool commits) => Perform(_next++ % 3, commits);

        protected abstract void Perform(int phase, bool commits);
    }

    /// <summary>Begins, reads the store, adds to the cache.</summary>
    private sealed class Reader(ValueCache cache, Store store) : Actor
    {
        private ValueCache.Reading _reading;
        private int _value;

        protected override void Perform(int phase, bool commits)
        {
            if (phase == 0) _reading = cache.Begin(CacheKey);
            if (phase == 1) _value = store.Value;
            if (phase == 2) cache.Add(s_key, _reading, Value(_value));
        }
    }

    /// <summary>Touches, commits or not, ends.</summary>
    private sealed class Writer(WriteStamps stamps, Store store) : Actor
    {
        private int _slot;

        protected override void Perform(int phase, bool commits)
        {
            if (phase == 0) _slot = stamps.Begin(CacheKey);
            if (phase == 1 && commits) store.Value++;
            if (phase == 2) stamps.End(_slot);
        }
    }

    private static SealedValue Value(int value) => new()
    {
        Arn = CacheKey + "-a1b2c3",
        Name = "s",
        IsScheduledForDeletion = false,
        VersionId = $"{value}",
        CreatedDate = default,
        Ciphertext = [1],
        Stages = [StagingLabels.Current],
    };
}
