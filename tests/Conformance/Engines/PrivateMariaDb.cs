using Xunit;

namespace Rekey.Conformance.Engines;

/// <summary>Debian's MariaDB.</summary>
internal sealed class PrivateMariaDb : PrivateServer
{
    private const string Server = "/usr/sbin/mariadbd";
    private const string Installer = "/usr/bin/mariadb-install-db";

    private const string SmallLog = "--innodb-log-file-size=16M";

    private static readonly ServerTemplate Empty = new(InitializeAsync);

    private PrivateMariaDb(PrivateServerSetup setup)
        : base(setup)
    {
    }

    /// <summary>Why the server cannot be run here, or null.</summary>
    public static string? Missing =>
        File.Exists(Server) && File.Exists(Installer) ? null : "MariaDB is not installed (eng/install --tests)";

    /// <summary>A running server. Skips the test where it is missing.</summary>
    public static Task<PrivateMariaDb> StartAsync(PrivateServerSetup setup, CancellationToken cancellationToken)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        return StartedAsync(new PrivateMariaDb(setup), cancellationToken);
    }

    protected override ServerTemplate Template => Empty;

    protected override IEnumerable<string> Program() => [Server, "--no-defaults", SmallLog];

    private static Task InitializeAsync(string dataFolder, string temporary) => UnprivilegedUser.RunAsync("/", CancellationToken.None,
    [
        .. InTemporaryFolder(temporary), Installer, "--no-defaults", $"--datadir={dataFolder}", "--auth-root-authentication-method=normal",
        "--skip-test-db", SmallLog, .. Owner,
    ]);
}
