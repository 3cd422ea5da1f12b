using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Storage;

public sealed class WriteStampsTests
{
    private readonly WriteStamps _stamps = new();
    private readonly int _slot = WriteStamps.SlotOf("key");

    [Fact]
    public void UntouchedKey_StaysValid()
    {
        var stamp = _stamps.Take(_slot);
        _stamps.End(_stamps.Begin(AnotherKey()));
        _stamps.IsValid(_slot, stamp).ShouldBeTrue();
    }

    [Fact]
    public void WriteUnderWay_InvalidatesWhatWasReadBefore()
    {
        var stamp = _stamps.Take(_slot);
        _stamps.Begin("key");
        _stamps.IsValid(_slot, stamp).ShouldBeFalse();
    }

    [Fact]
    public void StampTakenDuringAWrite_IsNeverValid()
    {
        var slot = _stamps.Begin("key");
        var stamp = _stamps.Take(_slot);
        _stamps.IsValid(_slot, stamp).ShouldBeFalse();
        _stamps.End(slot);
        _stamps.IsValid(_slot, stamp).ShouldBeFalse();
    }

    [Fact]
    public void EndOfOneWrite_LeavesTheOtherUnderWay()
    {
        var first = _stamps.Begin("key");
        var second = _stamps.Begin("key");
        _stamps.End(first);
        var stamp = _stamps.Take(_slot);
        _stamps.IsValid(_slot, stamp).ShouldBeFalse();
        _stamps.End(second);
        _stamps.IsValid(_slot, _stamps.Take(_slot)).ShouldBeTrue();
    }

    [Fact]
    public async Task FailedWork_EndsItsTouches()
    {
        await using var store = new SqliteStore();
        await Should.ThrowAsync<InvalidOperationException>(store.Database.WriteAsync<int>(session =>
        {
            session.Touch("key");
            throw new InvalidOperationException();
        }, TestContext.Current.CancellationToken));
        store.Database.Stamps.IsValid(_slot, store.Database.Stamps.Take(_slot)).ShouldBeTrue();
    }

    [Fact]
    public async Task Touch_IsUnderWayUntilTheWriterIsAnswered()
    {
        await using var store = new SqliteStore();
        var stamps = store.Database.Stamps;
        var before = stamps.Take(_slot);
        var during = await store.Database.WriteAsync(session =>
        {
            session.Touch("key");
            return stamps.Take(_slot);
        }, TestContext.Current.CancellationToken);
        stamps.IsValid(_slot, before).ShouldBeFalse();
        stamps.IsValid(_slot, during).ShouldBeFalse();
        stamps.IsValid(_slot, stamps.Take(_slot)).ShouldBeTrue();
    }

    private string AnotherKey() => Enumerable.Range(0, 100).Select(index => $"{index}").First(key => WriteStamps.SlotOf(key) != _slot);
}
