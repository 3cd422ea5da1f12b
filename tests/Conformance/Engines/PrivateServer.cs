using System.Diagnostics;
using System.Security.Cryptography;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.MySql;
using Rekey.Rotators.Odbc;

namespace Rekey.Conformance.Engines;

/// <summary>
/// A MySQL or MariaDB server of this test run's own: loopback, a free port, a new data folder, ended by its own process id. It has an
/// account that may do everything, and TLS when the setup brings a certificate.
/// </summary>
internal abstract class PrivateServer : IAsyncDisposable
{
    public const string Host = "localhost";
    public const string Admin = "admin";
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rekey-server-");
    private Process? _process;

    protected PrivateServer(PrivateServerSetup setup)
    {
        Setup = setup;
        Port = FreePort.Next();
        Directory.CreateDirectory(FileOf("tmp"));
        foreach (var (name, content) in setup.Files) File.WriteAllText(FileOf(name), content);
        // By name and by pattern, so that an account without a name does not stand before it.
        string[] accounts = [$"'{Admin}'@'%'", $"'{Admin}'@'localhost'"];
        File.WriteAllLines(FileOf("init.sql"),
        [
            .. accounts.SelectMany(AccountStatements),
        ]);
    }

    public int Port { get; }

    public string AdminPassword { get; } = "aA1!" + RandomNumberGenerator.GetHexString(28);

    /// <summary>Everything the server complained of.</summary>
    public string ErrorLog => ReadShared("error.log");

    /// <summary>Every statement, as the server logged it; see <see cref="PrivateServerSetup.LogsStatements"/>.</summary>
    public string StatementLog => ReadShared("statements.log");

    protected PrivateServerSetup Setup { get; }

    /// <summary>An empty data folder of the kind.</summary>
    protected abstract ServerTemplate Template { get; }

    /// <summary>Makes an account that may do everything; no harm when it is there.</summary>
    protected virtual IEnumerable<string> AccountStatements(string account) =>
    [
        $"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY '{AdminPassword}';",
        $"GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION;",
    ];

    /// <summary>The program and its first arguments.</summary>
    protected abstract IEnumerable<string> Program();

    /// <summary>Further words for a server's command line where it was started by root.</summary>
    protected static string[] Owner => Environment.IsPrivilegedProcess ? ["--user=root"] : [];

    /// <summary>Servers that share a folder for temporary files delete each other's when they start.</summary>
    protected static string[] InTemporaryFolder(string folder) => ["env", $"TMPDIR={folder}"];

    /// <summary>Initializes and starts a new server; frees what it took when that fails.</summary>
    protected static async Task<T> StartedAsync<T>(T server, CancellationToken cancellationToken)
        where T : PrivateServer
    {
        try
        {
            await server.Template.CopyToAsync(server.DataFolder, cancellationToken);
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server, again after <see cref="CrashAsync"/>, and waits until it answers.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => StartAsync([], cancellationToken);

    public async Task StartAsync(IEnumerable<string> furtherSettings, CancellationToken cancellationToken)
    {
        string[] command =
        [
            .. InTemporaryFolder(FileOf("tmp")), .. Program(), .. Owner, $"--datadir={DataFolder}",
            $"--port={Port}", $"--bind-address=127.0.0.1", $"--socket={FileOf("server.sock")}",
            $"--pid-file={FileOf("server.pid")}", $"--log-error={FileOf("error.log")}",
            $"--init-file={FileOf("init.sql")}", .. OwnSettings(), .. furtherSettings,
        ];
        _process = Process.Start(UnprivilegedUser.StartInfo(_folder.FullName, command))!;
        var started = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await ExecuteAsync("SELECT 1", cancellationToken);
                return;
            }
            catch (RotatorException e) when (e.IsTransient && !_process.HasExited && started.Elapsed < StartMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
            catch (RotatorException e) when (e.Cause == FailureCause.Precondition)
            {
                // It answers, though not to this account: its privilege tables are off.
                return;
            }
            catch (RotatorException e)
            {
                throw new InvalidOperationException($"The server did not start: {e.Message}\n{ErrorLog}", e);
            }
        }
    }

    /// <summary>Kills the server as a power cut would.</summary>
    public async Task CrashAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await CrashAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Runs one statement as the administrator; the first row's values, null where there is none.</summary>
    public async Task<List<string?>?> ExecuteAsync(string statement, CancellationToken cancellationToken)
    {
        await using var session = await OpenAdminAsync(cancellationToken);
        return await session.QueryAsync(statement, cancellationToken);
    }

    public async Task ExecuteAllAsync(IEnumerable<string> statements, CancellationToken cancellationToken)
    {
        await using var session = await OpenAdminAsync(cancellationToken);
        foreach (var statement in statements) await session.QueryAsync(statement, cancellationToken);
    }

    /// <summary>A session of the administrator's, for the caller to close.</summary>
    public Task<MySqlSession> OpenAdminAsync(CancellationToken cancellationToken) =>
        new MySqlLogin(AdminOptions).OpenAsync(AdminCredentials(), cancellationToken);

    private string DataFolder => FileOf("data");

    private string FileOf(string name) => Path.Combine(_folder.FullName, name);

    private RotatorOptions AdminOptions =>
        new() { CaFile = Setup.CaFile, ConnectTimeout = TimeSpan.FromSeconds(20) };

    public DatabaseCredentials AdminCredentials() => new()
    {
        Engine = "mysql",
        Host = Host,
        Port = Port,
        Username = Admin,
        Password = Sensitive.FromText(AdminPassword),
        Tls = Setup.CaFile is null || !Setup.AdminUsesTls ? TlsMode.Plaintext : TlsMode.Verified,
    };

    private IEnumerable<string> OwnSettings()
    {
        // A commit outlives the process, if not the machine; and there are many servers at once.
        yield return "--innodb-flush-log-at-trx-commit=2";
        yield return "--innodb-buffer-pool-size=32M";
        if (Setup.LogsStatements)
        {
            yield return "--general-log";
            yield return $"--general-log-file={FileOf("statements.log")}";
        }
        if (Setup.CaFile is not null)
        {
            yield return $"--ssl-ca={Setup.CaFile}";
            yield return $"--ssl-cert={FileOf(PrivateServerSetup.CertificateFile)}";
            yield return $"--ssl-key={FileOf(PrivateServerSetup.KeyFile)}";
        }
        foreach (var setting in Setup.Settings) yield return setting;
    }

    private string ReadShared(string name)
    {
        if (!File.Exists(FileOf(name))) return "";
        using var file = new FileStream(FileOf(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}

/// <summary>What a test wants of its server beyond the defaults.</summary>
internal sealed record PrivateServerSetup
{
    public const string CertificateFile = "server.pem";
    public const string KeyFile = "server.key";

    /// <summary>Further command line options of the server; later ones win.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Files beside the data folder by name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>The authority that signed the server's certificate; null for a server that was given none.</summary>
    public string? CaFile { get; init; }

    /// <summary>False where the certificate is one that no client should accept.</summary>
    public bool AdminUsesTls { get; init; } = true;

    public bool LogsStatements { get; init; }

    /// <summary>A server with a certificate for the name.</summary>
    public static PrivateServerSetup WithTls(TestAuthority authority, string host = PrivateServer.Host, bool isExpired = false)
    {
        var (certificate, key) = authority.Issue(host, isExpired);
        return new PrivateServerSetup
        {
            CaFile = authority.CaFile,
            Files = new Dictionary<string, string> { [CertificateFile] = certificate, [KeyFile] = key },
        };
    }
}
