using System.Diagnostics;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Storage;

/// <summary>The embedded store on a disk that fills up: writes fail as a whole, reads go on, and all is well once there is room.</summary>
public sealed class DiskFullTests : IDisposable
{
    private const int DiskMegabytes = 2;
    private readonly string _disk = Directory.CreateTempSubdirectory("rekey-disk-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FullDisk_FailsWritesWhole_AndRecoversByItself()
    {
        Assert.SkipUnless(TryMount(), "a small file system can only be mounted by root (mount -t tmpfs)");
        using var directory = DataDirectory.Open(Path.Combine(_disk, "data"));
        await using var database = SqliteStore.Open(directory);
        await database.WriteAsync(session => Insert(session, "before", 10), Stop);
        await FillAsync();

        // Concurrent writes: those in the batch of the failed commit fail together, and each is two rows or none.
        var writes = Enumerable.Range(0, 40)
            .Select(i => database.WriteAsync(session => Insert(session, $"full{i:d2}", 20_000), Stop)).ToList();
        await Task.WhenAll(writes.Select(write => write.ContinueWith(_ => { }, TaskScheduler.Default)));
        writes.Count(write => write.IsFaulted).ShouldBeGreaterThan(0);
        foreach (var write in writes.Where(write => write.IsFaulted))
            write.Exception!.InnerException!.GetType().Name.ShouldBeOneOf(nameof(StorageException), "SqliteException");
        RowsOf(database, "before").ShouldBe(2);
        for (var i = 0; i < writes.Count; i++) RowsOf(database, $"full{i:d2}").ShouldBe(writes[i].IsFaulted ? 0 : 2);

        File.Delete(Path.Combine(_disk, "filler"));
        await database.WriteAsync(session => Insert(session, "after", 10), Stop);
        RowsOf(database, "after").ShouldBe(2);
        database.Read(session => session.Find("PRAGMA integrity_check", row => row.Text(0))).ShouldBe("ok");
    }

    public void Dispose()
    {
        Run("umount", "-q", _disk);
        Directory.Delete(_disk, recursive: true);
    }

    private bool TryMount() =>
        Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", $"size={DiskMegabytes}m", "rekey-test", _disk) == 0;

    private async Task FillAsync()
    {
        await using var file = File.Create(Path.Combine(_disk, "filler"), bufferSize: 0);
        var zeros = new byte[4096];
        try
        {
            while (true) await file.WriteAsync(zeros, Stop);
        }
        catch (IOException)
        {
            // Full: as wanted.
        }
    }

    private static int Insert(Session session, string arn, int bytes) => session.Execute(
        """
        INSERT INTO secret_versions (arn, version_id, created_at, sequence, ciphertext)
        VALUES (@arn, 'a', 0, 1, @x), (@arn, 'b', 0, 2, @x)
        """,
        ("@arn", arn), ("@x", new byte[bytes]));

    private static long RowsOf(SqliteDatabase database, string arn) => database.Read(session => session.Find(
        "SELECT COUNT(*) FROM secret_versions WHERE arn = @arn", row => row.Number(0), ("@arn", arn)));

    private static int Run(string command, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(command, words) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
