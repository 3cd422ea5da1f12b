using Microsoft.Extensions.Logging.Abstractions;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class AccessDaysTests : IAsyncLifetime
{
    private const string Arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-a1b2c3";
    private const string Version = "00000000-0000-0000-0000-000000000001";
    private static readonly DateTimeOffset s_day = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly SqliteStore _store = new();
    private readonly ManualClock _clock = new();
    private readonly FlakyDatabase _database;
    private readonly AccessDays _days;

    public AccessDaysTests()
    {
        _database = new FlakyDatabase(_store.Database);
        _days = new AccessDays(_database, _clock, NullLogger<AccessDays>.Instance);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _store.Database.WriteAsync(session =>
    {
        SecretStore.Insert(session, new Secret
        {
            Arn = Arn,
            Account = "123456789012",
            Region = "us-east-1",
            Name = "s",
            KmsKeyArn = "k",
            CreatedDate = s_day,
            LastChangedDate = s_day,
        });
        SecretStore.InsertVersion(session, Arn, new SecretVersion { VersionId = Version, CreatedDate = s_day, Sequence = 1 }, null);
        return 0;
    }, Stop);

    public async ValueTask DisposeAsync()
    {
        _days.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Flush_WritesSecretAndVersion()
    {
        _days.TryNote(Arn, Version, s_day).ShouldBeTrue();
        Stored().ShouldBe((null, null));
        await _days.FlushAsync(Stop);
        Stored().ShouldBe((s_day, s_day));
    }

    [Fact]
    public async Task EarlierDay_ChangesNothing()
    {
        foreach (var day in new[] { s_day, s_day.AddDays(-1) })
        {
            _days.TryNote(Arn, Version, day);
            await _days.FlushAsync(Stop);
        }
        Stored().ShouldBe((s_day, s_day));
    }

    [Fact]
    public async Task NotesDuringAWrite_HideNoLaterNote()
    {
        const int Writes = 300;
        // Reads by name and by ARN note the same version side by side, while what was noted is being written.
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var reading = Task.Run(() => { while (!done.IsCancellationRequested) _days.TryNote(Arn, "read-often", s_day); }, Stop);
        for (var flushes = 0; _database.Writes < Writes && flushes < 100 * Writes; flushes++)
        {
            await _days.FlushAsync(Stop);
            await Task.Yield();
        }
        await done.CancelAsync();
        await reading;

        foreach (var day in new[] { s_day, s_day.AddDays(1), s_day.AddDays(2) })
        {
            _days.TryNote(Arn, Version, day).ShouldBeTrue();
            await _days.FlushAsync(Stop);
            Stored().ShouldBe((day, day));
        }
    }

    [Fact]
    public async Task NothingNoted_WritesNothing()
    {
        await _days.FlushAsync(Stop);
        _database.Writes.ShouldBe(0);
    }

    [Fact]
    public async Task ManyNotesOfADay_AreOneWrite()
    {
        for (var read = 0; read < 1_000; read++) _days.TryNote(Arn, Version, s_day);
        await _days.FlushAsync(Stop);
        _database.Writes.ShouldBe(1);
    }

    [Fact]
    public async Task FailingStore_FailsNoReaderAndLosesNothing()
    {
        _database.IsFailing = true;
        _days.TryNote(Arn, Version, s_day);
        await _days.FlushAsync(Stop);
        _database.IsFailing = false;
        await _days.FlushAsync(Stop);
        Stored().ShouldBe((s_day, s_day));
    }

    [Fact]
    public async Task Loop_WritesByItselfAndTriesAgain()
    {
        _database.IsFailing = true;
        await _days.StartAsync(Stop);
        _days.TryNote(Arn, Version, s_day);
        while (_database.Writes == 0) await Task.Delay(TimeSpan.FromMilliseconds(5), Stop);
        _database.IsFailing = false;
        while (Stored().Secret is null)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(5), Stop);
        }
        await _days.StopAsync(Stop);
    }

    [Fact]
    public async Task Stop_WritesWhatIsLeft()
    {
        await _days.StartAsync(Stop);
        _days.TryNote(Arn, Version, s_day);
        await _days.StopAsync(Stop);
        Stored().ShouldBe((s_day, s_day));
    }

    [Fact]
    public void FullMemory_RefusesTheNextNote()
    {
        for (var version = 0; version < Limits.AccessesPendingMax; version++) _days.TryNote(Arn, $"{version}", s_day).ShouldBeTrue();
        _days.TryNote(Arn, Version, s_day).ShouldBeFalse();
    }

    private (DateTimeOffset? Secret, DateTimeOffset? Version) Stored()
    {
        var secret = _store.Database.Read(session => SecretStore.FindByArn(session, Arn))!;
        return (secret.LastAccessedDate, secret.Versions.Single().LastAccessedDate);
    }

    /// <summary>A store that refuses writes while it is told to.</summary>
    private sealed class FlakyDatabase(IDatabase inner) : IDatabase
    {
        private int _writes;

        public bool IsFailing { get; set; }

        /// <summary>Writes asked for, failed ones included.</summary>
        public int Writes => Volatile.Read(ref _writes);

        public bool IsExclusive => inner.IsExclusive;

        public WriteStamps? Stamps => inner.Stamps;

        public CommitBell Bell => inner.Bell;

        public T Read<T>(Func<Session, T> work) => inner.Read(work);

        public Task<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _writes);
            return IsFailing ? Task.FromException<T>(new StorageException("no")) : inner.WriteAsync(work, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
