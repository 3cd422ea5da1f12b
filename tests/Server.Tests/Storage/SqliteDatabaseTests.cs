using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Storage;

/// <summary>The store's contract on SQLite, and what is SQLite's own.</summary>
public sealed class SqliteDatabaseTests : DatabaseContract, IAsyncLifetime
{
    private readonly SqliteStore _store = new();

    protected override IDatabase Database => _store.Database;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Settings_AreTheOnesThatDurabilityRestsOn()
    {
        Database.IsExclusive.ShouldBeTrue();
        Database.Read(session => session.Find("PRAGMA journal_mode", row => row.Text(0))).ShouldBe("wal");
        (await Database.WriteAsync(session => session.Find("PRAGMA synchronous", row => row.Number(0)), Stop)).ShouldBe(2, "FULL");
    }

    [Fact]
    public async Task EveryFile_IsReadableByItsOwnerOnly()
    {
        await Database.WriteAsync(session => Insert(session, "a"), Stop);
        var files = Directory.GetFiles(_store.Path);
        files.Select(Path.GetFileName).ShouldBe(["rekey.db", "rekey.db-shm", "rekey.db-wal", "rekey.lock"], ignoreOrder: true);
        files.Where(path => File.GetUnixFileMode(path) != DataDirectory.OwnerOnlyFile).ShouldBeEmpty();
        File.GetUnixFileMode(_store.Path).ShouldBe(DataDirectory.OwnerOnlyDirectory);
    }

    [Fact]
    public async Task ClosedAndOpenedAgain_HoldsWhatWasWritten()
    {
        await Database.WriteAsync(session => Insert(session, "a"), Stop);
        await _store.ReopenAsync();
        Arns().ShouldBe(["a"]);
    }

    [Fact]
    public async Task FileThatIsNoDatabase_IsRefusedWithASentence()
    {
        await _store.CloseAsync();
        var path = Path.Combine(_store.Path, SqliteDatabase.FileName);
        await File.WriteAllBytesAsync(path, Enumerable.Repeat((byte)'x', 8192).ToArray(), Stop);
        using var directory = DataDirectory.Open(_store.Path);
        Should.Throw<StorageException>(() => SqliteStore.Open(directory)).Message
            .ShouldStartWith($"The database {path} cannot be opened: ");
    }

    [Fact]
    public async Task Closed_RefusesWork()
    {
        await _store.Database.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(Database.WriteAsync(session => Insert(session, "a"), Stop));
        Should.Throw<ObjectDisposedException>(() => Arns());
    }

    [Fact]
    public async Task WritesWaitingAtTheClose_AreCommitted()
    {
        var writes = Enumerable.Range(0, 500).Select(i => Database.WriteAsync(session => Insert(session, $"{i:d3}"), Stop)).ToList();
        await _store.ReopenAsync();
        await Task.WhenAll(writes);
        Arns().Count.ShouldBe(500);
    }

    /// <summary>A batch is one transaction: a reader never sees half of the writes that waited together.</summary>
    [Fact]
    public async Task WaitingWrites_ShareOneCommit_InTheOrderOfTheirArrival()
    {
        using var started = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var first = Database.WriteAsync(session =>
        {
            started.Set();
            release.Wait(Stop);
            return Insert(session, "first");
        }, Stop);
        started.Wait(Stop);
        var ran = new List<int>();
        var rest = Enumerable.Range(0, Limits.WriteBatch - 1).Select(i => Database.WriteAsync(session =>
        {
            ran.Add(i);
            return Insert(session, $"{i:d3}");
        }, Stop)).ToList();
        // The last of the batch looks from outside: nothing of it is there yet.
        var seen = Database.WriteAsync(_ => Arns().Count, Stop);
        release.Set();
        await Task.WhenAll([first, .. rest]);
        (await seen).ShouldBe(1);
        ran.ShouldBe(Enumerable.Range(0, Limits.WriteBatch - 1));
    }

    [Fact]
    public async Task CallerThatBlocksAfterItsAnswer_HoldsUpNobody()
    {
        using var release = new ManualResetEventSlim();
        var blocked = Database.WriteAsync(session => Insert(session, "a"), Stop)
            .ContinueWith(_ => release.Wait(Stop), Stop, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await Database.WriteAsync(session => Insert(session, "b"), Stop).WaitAsync(TimeSpan.FromSeconds(20), Stop);
        release.Set();
        await blocked;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
