using Xunit;

namespace Rekey.Conformance.Engines;

/// <summary>The MySQL 9 that <c>eng/engines</c> fetched.</summary>
internal sealed class PrivateMySql : PrivateServer
{
    private static readonly string Server = Path.Combine(DownloadCache.Engines, "mysql-9", "bin", "mysqld");

    private const string SmallLog = "--innodb-redo-log-capacity=16M";

    private static readonly ServerTemplate Empty = new(InitializeAsync);

    private PrivateMySql(PrivateServerSetup setup)
        : base(setup)
    {
    }

    /// <summary>Why the server cannot be run here, or null.</summary>
    public static string? Missing => File.Exists(Server) ? null : "MySQL 9 was not fetched (eng/engines mysql-9)";

    /// <summary>A running server. Skips the test where it is missing.</summary>
    public static Task<PrivateMySql> StartAsync(PrivateServerSetup setup, CancellationToken cancellationToken)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        return StartedAsync(new PrivateMySql(setup), cancellationToken);
    }

    protected override ServerTemplate Template => Empty;

    protected override IEnumerable<string> Program() =>
        [Server, "--mysqlx=OFF", "--skip-log-bin", "--secure-file-priv=NULL", SmallLog];

    private static Task InitializeAsync(string dataFolder, string temporary) => UnprivilegedUser.RunAsync("/", CancellationToken.None,
        [.. InTemporaryFolder(temporary), Server, "--initialize-insecure", $"--datadir={dataFolder}", SmallLog, .. Owner]);
}
