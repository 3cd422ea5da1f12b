using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Xunit;

namespace Rekey.Conformance.Engines;

/// <summary>
/// A PostgreSQL server of this test run's own: loopback, a free port, a new data folder. Debian's server for version 15, else the one
/// that <c>eng/engines</c> fetched. Everything it logs is kept for <see cref="Log"/>.
/// </summary>
internal sealed class PrivatePostgres : IAsyncDisposable
{
    public const string Host = "127.0.0.1";
    public const string Superuser = "postgres";
    private const int StartSecondsMax = 30;

    private readonly DirectoryInfo _folder;
    private readonly string _binaries;
    private readonly PostgresSetup _setup;
    private Process? _server;

    private PrivatePostgres(string binaries, PostgresSetup setup)
    {
        _binaries = binaries;
        _setup = setup;
        _folder = Directory.CreateTempSubdirectory("rekey-postgres-");
        Port = FreePort.Next();
    }

    public int Port { get; }

    public string SuperuserPassword { get; } = RandomNumberGenerator.GetHexString(24);

    public string DataFolder => Path.Combine(_folder.FullName, "data");

    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => Path.Combine(_folder.FullName, "server.log");

    /// <summary>Why the version cannot be run here, or null. For <c>Assert.SkipWhen</c>.</summary>
    public static string? Missing(int version)
    {
        if (Binaries(version) is null) return $"PostgreSQL {version} is not installed (eng/install --tests, eng/engines)";
        return UnprivilegedUser.Missing(Superuser);
    }

    /// <summary>A running server that answers. Skips the test where the version is missing.</summary>
    public static async Task<PrivatePostgres> StartAsync(int version, PostgresSetup setup, CancellationToken cancellationToken)
    {
        var missing = Missing(version);
        Assert.SkipWhen(missing is not null, missing ?? "");
        var server = new PrivatePostgres(Binaries(version)!, setup);
        try
        {
            await server.InitializeAsync(cancellationToken);
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public static Task<PrivatePostgres> StartAsync(int version, CancellationToken cancellationToken) =>
        StartAsync(version, new PostgresSetup(), cancellationToken);

    /// <summary>For the superuser, without TLS or pool.</summary>
    public string ConnectionString(string database = "postgres") => new NpgsqlConnectionStringBuilder
    {
        Host = Host,
        Port = Port,
        Database = database,
        Username = Superuser,
        Password = SuperuserPassword,
        Pooling = false,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>Runs SQL as the superuser and returns the first value of the first row.</summary>
    public async Task<object?> ExecuteAsync(string sql, CancellationToken cancellationToken, string database = "postgres")
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString(database));
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Kills the server as a power cut would, without a word to its clients.</summary>
    public async Task CrashAsync()
    {
        if (_server is null) return;
        _server.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync(CancellationToken.None);
        _server.Dispose();
        _server = null;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _server = Launch();
        var started = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await ExecuteAsync("SELECT 1", cancellationToken);
                return;
            }
            catch (NpgsqlException failure)
            {
                if (started.Elapsed.TotalSeconds > StartSecondsMax || (_server.HasExited && !IsShadowedByACrash()))
                    throw new InvalidOperationException($"PostgreSQL did not start: {failure.Message}\n{Log}", failure);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
            if (!_server.HasExited) continue;
            _server.Dispose();
            _server = Launch();
        }
    }

    private Process Launch()
    {
        // The shell only redirects: exec hands its process id on to the server.
        string[] command = ["sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", LogFile,
            .. UnprivilegedUser.Prefix(Superuser), Path.Combine(_binaries, "postgres"), "-D", DataFolder];
        return Process.Start(UnprivilegedUser.StartInfo(_folder.FullName, command))!;
    }

    /// <summary>Children of a crashed server live on for a moment, and keep the next one out until they have noticed.</summary>
    private bool IsShadowedByACrash() =>
        File.ReadLines(LogFile).TakeLast(3).Any(line => line.Contains("is still in use", StringComparison.Ordinal));

    /// <summary>The same data, read-only: a replica whose primary is gone.</summary>
    public async Task RestartAsReplicaAsync(CancellationToken cancellationToken)
    {
        await CrashAsync();
        await File.WriteAllTextAsync(Path.Combine(DataFolder, "standby.signal"), "", cancellationToken);
        await StartAsync(cancellationToken);
    }

    /// <summary>Stops the server in order and frees its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            // SIGQUIT ends the postmaster and its children at once; SIGKILL would leave the children to find out by themselves.
            using (var signal = Process.Start("kill", ["-QUIT", _server.Id.ToString(CultureInfo.InvariantCulture)]))
                await signal.WaitForExitAsync(CancellationToken.None);
            await _server.WaitForExitAsync(CancellationToken.None);
        }
        _server?.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Replaces <c>pg_hba.conf</c> and lets the server read it.</summary>
    public async Task UseHostRulesAsync(string rules, CancellationToken cancellationToken)
    {
        // The tests' own way in stays the first line.
        await File.WriteAllTextAsync(Path.Combine(DataFolder, "pg_hba.conf"),
            $"host all {Superuser} 127.0.0.1/32 scram-sha-256\n{rules}\n", cancellationToken);
        // The postmaster says when it reads its files, and accepts no connection until it has.
        var reloads = Reloads();
        await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
        while (Reloads() == reloads) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken);

        int Reloads() => Log.Split("reloading configuration files").Length;
    }

    private async Task InitializeAsync(CancellationToken cancellationToken)
    {
        UnprivilegedUser.Own(_folder.FullName, Superuser);
        var passwordFile = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(passwordFile, SuperuserPassword, cancellationToken);
        UnprivilegedUser.Own(passwordFile, Superuser);
        await UnprivilegedUser.RunAsync(_folder.FullName, cancellationToken,
            [.. UnprivilegedUser.Prefix(Superuser), Path.Combine(_binaries, "initdb"), "-D", DataFolder, "-U", Superuser,
                "-A", "scram-sha-256", $"--pwfile={passwordFile}", "-E", "UTF8", "--locale=C", "--no-sync"]);
        File.Delete(passwordFile);
        foreach (var (name, content) in _setup.Files)
        {
            var path = Path.Combine(DataFolder, name);
            await File.WriteAllTextAsync(path, content, cancellationToken);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            UnprivilegedUser.Own(path, Superuser);
        }
        string[] own = [$"port = {Port}", $"listen_addresses = '{Host}'", "unix_socket_directories = ''", "fsync = off"];
        await File.AppendAllLinesAsync(Path.Combine(DataFolder, "postgresql.conf"), [.. own, .. _setup.Settings], cancellationToken);
    }

    private static string? Binaries(int version)
    {
        string[] places = [$"/usr/lib/postgresql/{version}/bin", Path.Combine(DownloadCache.Engines, $"postgres-{version}", "bin")];
        return places.FirstOrDefault(place => File.Exists(Path.Combine(place, "postgres")));
    }
}

/// <summary>What a test wants of its server beyond the defaults.</summary>
internal sealed record PostgresSetup
{
    /// <summary>Lines of <c>postgresql.conf</c>; later ones win.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Files of the data folder by name: certificates, for example.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();
}
