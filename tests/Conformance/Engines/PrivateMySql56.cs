using Xunit;

namespace Rekey.Conformance.Engines;

/// <summary>The MySQL 5.6 that <c>eng/engines</c> fetched. No TLS.</summary>
internal sealed class PrivateMySql56 : PrivateServer
{
    private static readonly string Folder = Path.Combine(DownloadCache.Engines, "mysql-5.6");
    private static readonly string Server = Path.Combine(Folder, "bin", "mysqld");

    // What it would measure itself by takes most of its memory.
    private static readonly string[] Words =
        [Server, "--performance-schema=OFF", "--innodb-log-file-size=8M", "--explicit-defaults-for-timestamp"];

    private static readonly ServerTemplate Empty = new(InitializeAsync);

    private PrivateMySql56(PrivateServerSetup setup)
        : base(setup)
    {
    }

    /// <summary>Why the server cannot be run here, or null.</summary>
    public static string? Missing => File.Exists(Server) ? null : "MySQL 5.6 was not fetched (eng/engines mysql-5.6)";

    /// <summary>A running server. Skips the test where it is missing.</summary>
    public static Task<PrivateMySql56> StartAsync(PrivateServerSetup setup, CancellationToken cancellationToken)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        return StartedAsync(new PrivateMySql56(setup), cancellationToken);
    }

    protected override ServerTemplate Template => Empty;

    protected override IEnumerable<string> AccountStatements(string account) =>
        [$"GRANT ALL PRIVILEGES ON *.* TO {account} IDENTIFIED BY '{AdminPassword}' WITH GRANT OPTION;"];

    protected override IEnumerable<string> Program() => Words;

    /// <summary>The scripts that come with the server make its tables; of the accounts, those without a name are dropped.</summary>
    private static async Task InitializeAsync(string dataFolder, string temporary)
    {
        Directory.CreateDirectory(Path.Combine(dataFolder, "mysql"));
        var script = Path.Combine(temporary, "tables.sql");
        await using (var all = File.CreateText(script))
        {
            await all.WriteLineAsync("use mysql;");
            foreach (var name in (string[])["mysql_system_tables.sql", "mysql_system_tables_data.sql"])
                await all.WriteLineAsync(await File.ReadAllTextAsync(Path.Combine(Folder, "share", name)));
            await all.WriteLineAsync("DELETE FROM user WHERE User = '';");
        }
        string[] command = [.. InTemporaryFolder(temporary), .. Words, .. Owner, $"--datadir={dataFolder}", "--bootstrap"];
        await UnprivilegedUser.RunAsync(
            "/", CancellationToken.None, ["sh", "-c", "script=$1; shift; exec \"$@\" <\"$script\"", "sh", script, .. command]);
    }
}
