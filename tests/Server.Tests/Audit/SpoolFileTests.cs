using System.Text;
using Rekey.Server.Audit;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Audit;

/// <summary>The ring: order, wrapping, bounds, and what is found again after the process has gone.</summary>
public sealed class SpoolFileTests : IDisposable
{
    private const long Capacity = 4096;

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Records_ComeBackInOrder()
    {
        using var file = SpoolFile.Open(_path, Capacity);
        Append(file, "one", "two", "three");

        Take(file).ShouldBe(["one", "two", "three"]);
        TakeNext(file).ShouldBeEmpty();
    }

    [Fact]
    public void ManyRecords_AreTakenInBlocksThatFollowEachOther()
    {
        using var file = SpoolFile.Open(_path, 4L * Limits.AuditBlocksPerWrite * Limits.AuditBlockBytesMax);
        var count = (Limits.AuditBlocksPerWrite + 4) * Limits.AuditBlockBytesMax / 400;
        var expected = Enumerable.Range(0, count).Select(index => $"{index} {new string('x', 400)}").ToArray();
        Append(file, expected);

        var blocks = TakeNext(file);
        blocks.Count.ShouldBe(Limits.AuditBlocksPerWrite);
        blocks[0].Start.ShouldBe(file.Drained);
        blocks.Zip(blocks.Skip(1)).ShouldAllBe(pair => pair.First.End == pair.Second.Start);
        blocks.ShouldAllBe(block => AuditLines.Unpack(block.Lines).Sum(line => line.Length) < Limits.AuditBlockBytesMax + 1000);
        Take(file).ShouldBe(expected);
    }

    [Fact]
    public void Block_KnowsItsFirstAndLastTime()
    {
        using var file = SpoolFile.Open(_path, Capacity);
        file.TryAppend(2000, "b"u8).ShouldBeTrue();
        file.TryAppend(1000, "a"u8).ShouldBeTrue();
        file.TryAppend(3000, "c"u8).ShouldBeTrue();
        var block = TakeNext(file).Single();

        block.FirstAt.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1000));
        block.LastAt.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(3000));
    }

    [Fact]
    public void FullRing_TakesNothingUntilDrained()
    {
        using var file = SpoolFile.Open(_path, Capacity);
        var written = 0;
        while (file.TryAppend(0, new byte[100])) written++;

        written.ShouldBe((int)(Capacity / 128)); // 16 bytes of head, 100 of content, rounded up to 16
        Take(file).Count.ShouldBe(written);
        file.TryAppend(0, new byte[100]).ShouldBeTrue();
    }

    [Fact]
    public void Ring_WrapsManyTimesWithoutLosingARecord()
    {
        var random = new Random(5);
        using var file = SpoolFile.Open(_path, Capacity);
        var expected = new Queue<string>();
        for (var round = 0; round < 5000; round++)
        {
            var text = round + new string('x', random.Next(400));
            if (file.TryAppend(round, Encoding.UTF8.GetBytes(text))) expected.Enqueue(text);
            if (random.Next(6) > 0) continue;
            foreach (var line in Take(file)) line.ShouldBe(expected.Dequeue());
            if (random.Next(2) == 0) file.RewindIfEmpty();
        }
        foreach (var line in Take(file)) line.ShouldBe(expected.Dequeue());
        expected.ShouldBeEmpty();
    }

    [Fact]
    public void EmptyRing_StartsOverAtItsBeginning()
    {
        using (var file = SpoolFile.Open(_path, Capacity))
        {
            Append(file, new string('x', 1000));
            file.RewindIfEmpty();
            file.PendingBytes.ShouldBeGreaterThan(0);
            Take(file).Count.ShouldBe(1);
            file.RewindIfEmpty();

            file.PendingBytes.ShouldBe(0);
            (file.Drained % Capacity).ShouldBe(0);
            Append(file, "after");
        }
        using var again = SpoolFile.Open(_path, Capacity);
        again.Recover(drainedTo: null);

        Take(again).ShouldBe(["after"]);
    }

    [Fact]
    public void Reopened_HoldsWhatWasNotDrained()
    {
        using (var file = SpoolFile.Open(_path, Capacity))
        {
            Append(file, "gone");
            Take(file);
            Append(file, "kept", "too");
        }
        using var again = SpoolFile.Open(_path, Capacity);
        again.Recover(drainedTo: null);

        Take(again).ShouldBe(["kept", "too"]);
        Append(again, "next");
        Take(again).ShouldBe(["next"]);
    }

    [Fact]
    public void Reopened_SkipsWhatTheDatabaseAlreadyHas()
    {
        long drainedTo;
        Guid id;
        using (var file = SpoolFile.Open(_path, Capacity))
        {
            id = file.Id;
            Append(file, "in the database");
            drainedTo = TakeNext(file).Single().End; // committed, but the process died before it marked the file
            Append(file, "not yet");
        }
        using var again = SpoolFile.Open(_path, Capacity);
        again.Id.ShouldBe(id);
        again.Recover(drainedTo);

        Take(again).ShouldBe(["not yet"]);
    }

    [Fact]
    public void TornLastRecord_EndsTheReplay()
    {
        using (var file = SpoolFile.Open(_path, Capacity)) Append(file, "whole", "torn");
        using (var stream = File.OpenWrite(_path))
        {
            stream.Position = 4096 + 32 + SpoolFile.HeadBytes; // content of the second record
            stream.WriteByte((byte)'X');
        }
        using var again = SpoolFile.Open(_path, Capacity);
        again.Recover(drainedTo: null);

        Take(again).ShouldBe(["whole"]);
        Append(again, "new");
        Take(again).ShouldBe(["new"]);
    }

    [Fact]
    public void RecordsOfAnEarlierTurn_AreNotReplayed()
    {
        using (var file = SpoolFile.Open(_path, Capacity))
        {
            for (var turn = 0; turn < 3; turn++)
            {
                while (file.TryAppend(0, new byte[100])) { }
                Take(file);
            }
            Append(file, "last");
        }
        using var again = SpoolFile.Open(_path, Capacity);
        again.Recover(drainedTo: null);

        Take(again).ShouldBe(["last"]);
    }

    [Fact]
    public void FullRing_IsReplayedWhole()
    {
        var written = 0;
        using (var file = SpoolFile.Open(_path, Capacity))
            while (file.TryAppend(0, Encoding.UTF8.GetBytes($"{written:d100}"))) written++;
        using var again = SpoolFile.Open(_path, Capacity);
        again.Recover(drainedTo: null);

        again.TryAppend(0, "x"u8).ShouldBeFalse();
        Take(again).Count.ShouldBe(written);
    }

    [Fact]
    public void FileWithoutMagic_IsMadeAnew()
    {
        File.WriteAllBytes(_path, new byte[100]);
        using var file = SpoolFile.Open(_path, Capacity);
        Append(file, "one");

        Take(file).ShouldBe(["one"]);
        new FileInfo(_path).Length.ShouldBe(4096 + Capacity);
    }

    private static void Append(SpoolFile file, params string[] texts)
    {
        foreach (var text in texts) file.TryAppend(0, Encoding.UTF8.GetBytes(text)).ShouldBeTrue();
    }

    private static List<string> Take(SpoolFile file)
    {
        var lines = new List<string>();
        while (TakeNext(file) is { Count: > 0 } blocks)
        {
            lines.AddRange(blocks.SelectMany(block => AuditLines.Unpack(block.Lines)));
            file.MarkDrained(blocks[^1].End);
        }
        return lines;
    }

    private static List<AuditBlock> TakeNext(SpoolFile file)
    {
        using var scratch = new MemoryStream();
        return AuditBlock.TakeNext(file, scratch);
    }
}
