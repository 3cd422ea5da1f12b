using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Storage;

/// <summary>What every engine must do: written once, run on SQLite here and on PostgreSQL in the conformance tests.</summary>
public abstract class DatabaseContract
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    /// <summary>A new, migrated database.</summary>
    protected abstract IDatabase Database { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryKindOfValue_ComesBackAsItWas()
    {
        byte[] bytes = [0, 1, 255, 0];
        await Database.WriteAsync(session => Insert(session, "a", "é\u0001'\"; -- 漢", bytes), Stop);
        var row = Database.Read(session => session.Find(
            "SELECT created_at, kms_key_arn, ciphertext, last_accessed_day, sequence FROM secret_versions WHERE arn = @arn",
            row => (Time: row.Time(0), Text: row.Text(1), Bytes: row.Bytes(2), Day: row.TimeOrNull(3), Number: row.Number(4)),
            ("@arn", "a")));
        row.Time.ShouldBe(Now);
        row.Text.ShouldBe("é\u0001'\"; -- 漢");
        row.Bytes.ShouldBe(bytes);
        row.Day.ShouldBeNull();
        row.Number.ShouldBe(7);
    }

    [Fact]
    public async Task FailingWork_LeavesNothing_AndItsExceptionArrives()
    {
        var refusal = new InvalidOperationException("no");
        var failure = await Should.ThrowAsync<InvalidOperationException>(Database.WriteAsync<int>(session =>
        {
            Insert(session, "a");
            Insert(session, "b");
            throw refusal;
        }, Stop));
        failure.ShouldBeSameAs(refusal);
        Arns().ShouldBeEmpty();
    }

    [Fact]
    public async Task FailingWork_DoesNotTouchItsNeighbours()
    {
        var writes = Enumerable.Range(0, 300).Select(i => Database.WriteAsync(session =>
        {
            Insert(session, $"{i:d3}");
            return i % 3 == 0 ? throw new InvalidOperationException("no") : i;
        }, Stop)).ToList();
        await Task.WhenAll(writes.Select(write => write.ContinueWith(_ => 0, Stop)));
        writes.Count(write => write.IsFaulted).ShouldBe(100);
        Arns().ShouldBe(Enumerable.Range(0, 300).Where(i => i % 3 != 0).Select(i => $"{i:d3}"));
    }

    /// <summary>The engines disagree on what is left of a transaction after a failed statement, so nothing is.</summary>
    [Fact]
    public async Task WorkThatHidesAFailedStatement_IsNotCommitted()
    {
        await Database.WriteAsync(session => Insert(session, "a"), Stop);
        await Should.ThrowAsync<InvalidOperationException>(Database.WriteAsync(session =>
        {
            Insert(session, "b");
            Should.Throw<System.Data.Common.DbException>(() => Insert(session, "a"));
            return 0;
        }, Stop));
        Arns().ShouldBe(["a"]);
        await Database.WriteAsync(session => Insert(session, "c"), Stop);
        Arns().ShouldBe(["a", "c"]);
    }

    [Fact]
    public async Task AcknowledgedWrite_IsSeenByTheNextRead()
    {
        for (var i = 0; i < 50; i++)
        {
            await Database.WriteAsync(session => Insert(session, $"{i:d3}"), Stop);
            Arns().Count.ShouldBe(i + 1);
        }
    }

    [Fact]
    public async Task Read_SeesOneSnapshot_WhateverIsWrittenMeanwhile()
    {
        await Database.WriteAsync(session => Insert(session, "a"), Stop);
        var (before, after) = Database.Read(session =>
        {
            var first = Arns(session).Count;
            Database.WriteAsync(other => Insert(other, "b"), Stop).GetAwaiter().GetResult();
            return (first, Arns(session).Count);
        });
        (before, after).ShouldBe((1, 1));
        Arns().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Read_CannotWrite()
    {
        await Database.WriteAsync(session => Insert(session, "a"), Stop);
        Should.Throw<System.Data.Common.DbException>(() => Database.Read(session => session.Execute("DELETE FROM secret_versions")));
        Arns().Count.ShouldBe(1);
    }

    [Fact]
    public async Task FailingRead_LeavesTheDatabaseUsable()
    {
        for (var i = 0; i < 200; i++)
            Should.Throw<InvalidOperationException>(() => Database.Read<int>(_ => throw new InvalidOperationException("no")));
        await Database.WriteAsync(session => Insert(session, "a"), Stop);
        Arns().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Label_SitsOnAtMostOneVersion()
    {
        await Database.WriteAsync(session => InsertLabel(session, "AWSCURRENT", "v1"), Stop);
        (await Should.ThrowAsync<Exception>(Database.WriteAsync(session => InsertLabel(session, "AWSCURRENT", "v2"), Stop)))
            .ShouldNotBeOfType<OperationCanceledException>();
        await Database.WriteAsync(session => InsertLabel(session, "AWSPREVIOUS", "v1"), Stop);
        var labels = Database.Read(session => session.Query(
            "SELECT label, version_id FROM secret_labels ORDER BY label", row => (row.Text(0), row.Text(1))));
        labels.ShouldBe([("AWSCURRENT", "v1"), ("AWSPREVIOUS", "v1")]);
    }

    [Fact]
    public async Task CancelledBeforeItBegins_IsNotRun()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(Database.WriteAsync(session => Insert(session, "a"), cancelled.Token));
        Arns().ShouldBeEmpty();
    }

    [Fact]
    public async Task CancelledOnceItRuns_IsCommitted()
    {
        using var cancelled = new CancellationTokenSource();
        await Database.WriteAsync(session =>
        {
            cancelled.Cancel();
            return Insert(session, "a");
        }, cancelled.Token);
        Arns().ShouldBe(["a"]);
    }

    /// <summary>Lost updates, dirty reads and write skew would all show in the sum.</summary>
    [Fact]
    public async Task ConcurrentReadModifyWrites_AddUp()
    {
        const int writers = 8, rounds = 50;
        await Database.WriteAsync(session => Insert(session, "counter"), Stop);
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async _ =>
        {
            for (var i = 0; i < rounds; i++)
                await Database.WriteAsync(session =>
                {
                    var value = session.Find("SELECT sequence FROM secret_versions WHERE arn = 'counter'", row => row.Number(0));
                    return session.Execute("UPDATE secret_versions SET sequence = @next WHERE arn = 'counter'", ("@next", value + 1));
                }, Stop);
        }));
        Database.Read(session => session.Find("SELECT sequence FROM secret_versions", row => row.Number(0))).ShouldBe(7 + writers * rounds);
    }

    /// <summary>Two transactions that each look for the other's row before writing their own: at most one may find nothing.</summary>
    [Fact]
    public async Task WriteSkew_DoesNotHappen()
    {
        for (var round = 0; round < 40; round++)
        {
            await Task.WhenAll(InsertIfAlone($"{round:d2}x", $"{round:d2}y"), InsertIfAlone($"{round:d2}y", $"{round:d2}x"));
            Arns().Count.ShouldBe(round + 1);
        }

        Task<int> InsertIfAlone(string mine, string other) => Database.WriteAsync(session =>
            session.Find("SELECT 1 FROM secret_versions WHERE arn = @arn", row => row.Flag(0), ("@arn", other))
                ? 0
                : Insert(session, mine), Stop);
    }

    [Fact]
    public async Task NestedQueries_OfOneText_DoNotDisturbEachOther()
    {
        for (var i = 0; i < 5; i++) await Database.WriteAsync(session => Insert(session, $"{i}"), Stop);
        await Database.WriteAsync(session =>
        {
            foreach (var arn in Arns(session)) session.Execute("DELETE FROM secret_versions WHERE arn = @arn", ("@arn", arn));
            return 0;
        }, Stop);
        Arns().ShouldBeEmpty();
    }

    [Fact]
    public async Task Text_IsOrderedByCodePoint()
    {
        string[] names = ["Z", "a", "B", "_", "é", "-", "aa", "A"];
        foreach (var name in names) await Database.WriteAsync(session => Insert(session, name), Stop);
        Arns().ShouldBe(names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Value_OfAnotherKind_IsRefused() =>
        await Should.ThrowAsync<ArgumentException>(Database.WriteAsync(session => session.Execute("SELECT @x", ("@x", 1.5)), Stop));

    protected static int Insert(Session session, string arn, string? text = null, byte[]? bytes = null) => session.Execute(
        """
        INSERT INTO secret_versions (arn, version_id, created_at, sequence, last_accessed_day, kms_key_arn, ciphertext)
        VALUES (@arn, 'v', @at, @sequence, @day, @text, @bytes)
        """,
        ("@arn", arn), ("@at", Now), ("@sequence", 7), ("@day", null), ("@text", text), ("@bytes", bytes));

    protected List<string> Arns() => Database.Read(Arns);

    private static List<string> Arns(Session session) => session.Query("SELECT arn FROM secret_versions ORDER BY arn", row => row.Text(0));

    private static int InsertLabel(Session session, string label, string version) => session.Execute(
        "INSERT INTO secret_labels (arn, label, version_id, position) VALUES ('a', @label, @version, 1)",
        ("@label", label), ("@version", version));
}
