using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class ValueCacheTests(SecretsManagerServer server) : OperationTests(server)
{
    private readonly WriteStamps _stamps = new();

    [Fact]
    public void SpellingsAreKeptApart()
    {
        var cache = new ValueCache(_stamps, 1 << 20);
        Add(cache, "s", "version");
        cache.Find(Key("s")).ShouldNotBeNull();
        cache.Find(Key("S")).ShouldBeNull();
        cache.Find(new ValueKey("other", "r", "s", null, null)).ShouldBeNull();
        cache.Find(new ValueKey("a", "other", "s", null, null)).ShouldBeNull();
        cache.Find(new ValueKey("a", "r", "s", "version", null)).ShouldBeNull();
        cache.Find(new ValueKey("a", "r", "s", null, "stage")).ShouldBeNull();
    }

    [Fact]
    public void SharedStore_IsNeverCached()
    {
        var cache = new ValueCache(stamps: null, 1 << 20);
        Add(cache, "s", "version");
        cache.Find(Key("s")).ShouldBeNull();
    }

    [Fact]
    public void FullCache_KeepsWhatIsUsedAndDropsTheRest()
    {
        var cache = new ValueCache(_stamps, bytesMax: 100_000);
        Add(cache, "used", "version");
        for (var index = 0; index < 1_000; index++)
        {
            Add(cache, $"s{index}", "version");
            cache.Find(Key("used")).ShouldNotBeNull();
        }
        Enumerable.Range(0, 1_000).Count(index => cache.Find(Key($"s{index}")) is not null).ShouldBeInRange(50, 240);
    }

    /// <summary>
    /// Real threads over the whole path: no reader goes back in time, and none misses a write that was acknowledged before it asked.
    /// </summary>
    [Fact]
    public async Task ConcurrentReadersAndWriters_SeeValuesInOrder()
    {
        // No more than may be stored in a day.
        const int writes = 95;
        var name = NewName();
        var arn = await CreateAsync(name, "0");
        var acknowledged = 0;
        var readers = new[] { name, arn, arn[..^7], name }.Select(id => Task.Run(async () =>
        {
            var last = 0;
            while (Volatile.Read(ref acknowledged) < writes)
            {
                var before = Volatile.Read(ref acknowledged);
                var value = int.Parse(await ValueAsync(id), System.Globalization.CultureInfo.InvariantCulture);
                value.ShouldBeGreaterThanOrEqualTo(Math.Max(before, last));
                last = value;
            }
        }, Stop)).ToList();
        for (var value = 1; value <= writes; value++)
        {
            await PutAsync(name, $"{value}");
            Volatile.Write(ref acknowledged, value);
        }
        await Task.WhenAll(readers);
    }

    private static ValueKey Key(string id) => new("a", "r", id, null, null);

    private static void Add(ValueCache cache, string id, string versionId)
    {
        var reading = cache.Begin(id);
        cache.Add(Key(id), reading, new SealedValue
        {
            Arn = id,
            Name = id,
            IsScheduledForDeletion = false,
            VersionId = versionId,
            CreatedDate = default,
            Ciphertext = new byte[20],
            Stages = [],
        });
    }
}
