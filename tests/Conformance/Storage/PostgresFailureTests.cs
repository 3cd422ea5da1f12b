using Npgsql;
using Rekey.Server;
using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Storage;

/// <summary>What only a server on a network can do to its clients.</summary>
public sealed class PostgresFailureTests(PostgresStore store) : IClassFixture<PostgresStore>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NodesThatStartTogether_MigrateOnce()
    {
        var text = await store.CreateDatabaseAsync(Stop);
        var nodes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => PostgresStore.Open(text), Stop)));
        nodes[0].Read(session => session.Find("SELECT COUNT(*) FROM schema_migrations", row => row.Number(0)))
            .ShouldBe(Migration.All.Count);
        foreach (var node in nodes) await node.DisposeAsync();
    }

    [Fact]
    public async Task NewerSchema_IsRefused()
    {
        var text = await store.CreateDatabaseAsync(Stop);
        await using (var database = PostgresStore.Open(text))
            await database.WriteAsync(session => session.Execute(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (999, '0999_future.sql', '', 0)"), Stop);
        Should.Throw<StorageException>(() => PostgresStore.Open(text)).Message
            .ShouldStartWith("The database was made by a newer Rekey: it has schema 999 (0999_future.sql)");
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=rekey;Password=PW-canary-1;Database=rekey")]
    [InlineData("postgres://rekey:PW-canary-2@127.0.0.1/rekey")]
    [InlineData("Host=127.0.0.1;Port=PW-canary-3")]
    [InlineData("Pasword=PW-canary-4")]
    public void UnusableConnectionString_IsRefusedWithoutShowingIt(string text)
    {
        var refusal = Should.Throw<StorageException>(() => PostgresStore.Open(text));
        refusal.ToString().ShouldNotContain("canary");
    }

    [Fact]
    public async Task WrongPassword_IsRefusedWithoutShowingIt()
    {
        var text = new NpgsqlConnectionStringBuilder(await store.CreateDatabaseAsync(Stop)) { Password = "PW-canary-5" }.ConnectionString;
        var refusal = Should.Throw<StorageException>(() => PostgresStore.Open(text));
        refusal.Message.ShouldContain("password authentication failed");
        refusal.ToString().ShouldNotContain("canary");
    }

    [Fact]
    public async Task ConflictWithoutEnd_IsGivenUp()
    {
        await using var database = PostgresStore.Open(await store.CreateDatabaseAsync(Stop));
        var runs = 0;
        var failure = await Should.ThrowAsync<StorageException>(database.WriteAsync(session =>
        {
            runs++;
            return session.Execute("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$");
        }, Stop));
        runs.ShouldBe(Limits.PostgresWriteAttempts);
        failure.InnerException.ShouldBeOfType<PostgresException>().SqlState.ShouldBe("40001");
    }

    [Fact]
    public async Task ConnectionLostInTheMiddle_IsRepeatedOnAnother()
    {
        await using var database = PostgresStore.Open(await store.CreateDatabaseAsync(Stop));
        var runs = 0;
        await database.WriteAsync(session =>
        {
            Insert(session, $"run{runs}");
            if (runs++ < 3) session.Execute("SELECT pg_terminate_backend(pg_backend_pid())");
            return 0;
        }, Stop);
        runs.ShouldBe(4);
        Arns(database).ShouldBe(["run3"]);
    }

    /// <summary>The transaction may or may not have happened, and the work may not stand being done twice.</summary>
    [Fact]
    public async Task ConnectionLostInTheCommit_IsReported_NotRepeated()
    {
        await using var database = PostgresStore.Open(await store.CreateDatabaseAsync(Stop));
        await database.WriteAsync(session => session.Execute("""
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON secret_versions DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION die();
            """), Stop);
        var runs = 0;
        await Should.ThrowAsync<StorageException>(database.WriteAsync(session =>
        {
            runs++;
            return Insert(session, "a");
        }, Stop));
        runs.ShouldBe(1);
        Arns(database).ShouldBeEmpty();
    }

    [Fact]
    public async Task ServerThatCrashesAndComesBack_IsUsedAgain()
    {
        await using var database = PostgresStore.Open(await store.CreateDatabaseAsync(Stop));
        await database.WriteAsync(session => Insert(session, "before"), Stop);
        // Four connections of each kind are kept; all will be dead.
        Parallel.For(0, 4, new ParallelOptions { CancellationToken = Stop }, _ => Arns(database));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
            database.WriteAsync(session => session.Execute("SELECT pg_sleep(0.1)"), Stop)));
        await store.Server.CrashAsync();
        await Should.ThrowAsync<StorageException>(database.WriteAsync(session => Insert(session, "during"), Stop));
        await store.Server.StartAsync(Stop);
        Arns(database).ShouldBe(["before"]);
        await database.WriteAsync(session => Insert(session, "after"), Stop);
        Arns(database).ShouldBe(["after", "before"]);
    }

    private static int Insert(Session session, string arn) => session.Execute(
        "INSERT INTO secret_versions (arn, version_id, created_at, sequence) VALUES (@arn, 'v', 0, 1)", ("@arn", arn));

    private static List<string> Arns(PostgresDatabase database) => database.Read(session =>
        session.Query("SELECT arn FROM secret_versions ORDER BY arn", row => row.Text(0)));
}
