using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Redis;
using Xunit;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>
/// A Redis or Valkey server of this test run's own: loopback, a free port, a new folder, ended by its own process id. Nobody but the
/// administrator may log in at first.
/// </summary>
internal sealed class PrivateRedis : IAsyncDisposable
{
    public const string Host = "127.0.0.1";
    public const string Admin = "admin";

    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rekey-redis-");
    private readonly RedisKind _kind;
    private readonly PrivateRedisSetup _setup;
    private Process? _process;

    private PrivateRedis(RedisKind kind, PrivateRedisSetup setup)
    {
        _kind = kind;
        _setup = setup;
        AdminPassword = setup.AdminPassword ?? RandomNumberGenerator.GetHexString(24);
        foreach (var (name, content) in setup.Files) File.WriteAllText(FileOf(name), content);
        string[] users =
        [
            $"user {Admin} on #{Hash(AdminPassword)} ~* &* +@all", setup.DefaultUser,
        ];
        if (setup.UsesAclFile) File.WriteAllLines(FileOf("users.acl"), users);
        File.WriteAllLines(ConfigurationFile,
        [
            setup.UsesTls ? $"port 0\ntls-port {Port}" : $"port {Port}", $"bind {Host}", $"dir {_folder.FullName}", "save \"\"",
            "repl-diskless-sync-delay 0",
            .. setup.UsesTls ? (string[])
            [
                $"tls-cert-file {FileOf(PrivateServerSetup.CertificateFile)}", $"tls-key-file {FileOf(PrivateServerSetup.KeyFile)}",
                $"tls-ca-cert-file {setup.CaFile}", "tls-auth-clients no", "tls-replication yes",
            ] : [],
            .. setup.UsesAclFile ? [$"aclfile {FileOf("users.acl")}"] : users,
            .. setup.Settings,
        ]);
    }

    public int Port { get; } = FreePort.Next();

    public string AdminPassword { get; }

    public string ConfigurationFile => FileOf("server.conf");

    public string Log => File.Exists(FileOf("log")) ? File.ReadAllText(FileOf("log")) : "";

    /// <summary>A running server. Skips the test where the program is missing.</summary>
    public static async Task<PrivateRedis> StartAsync(RedisKind kind, PrivateRedisSetup setup, CancellationToken cancellationToken)
    {
        var program = kind.Program();
        Assert.SkipUnless(File.Exists(program), $"{kind} is not here: {program} ({kind.Remedy()})");
        var server = new PrivateRedis(kind, setup);
        try
        {
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
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        string[] configuration = _setup.HasConfigurationFile ? [ConfigurationFile] : Words(File.ReadAllLines(ConfigurationFile));
        var start = UnprivilegedUser.StartInfo(
            _folder.FullName, [_kind.Program(), .. configuration, "--logfile", FileOf("log"), "--daemonize", "no"]);
        _process = Process.Start(start)!;
        var started = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = await OpenAdminAsync(cancellationToken);
                return;
            }
            catch (RotatorException) when (!_process.HasExited && started.Elapsed < StartMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken);
            }
            catch (RotatorException e)
            {
                throw new InvalidOperationException($"The server did not start: {e.Message}\n{Log}", e);
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

    public DatabaseCredentials AdminCredentials => Credentials(Admin, AdminPassword);

    public DatabaseCredentials Credentials(string username, string password) => new()
    {
        Engine = _kind == RedisKind.Valkey8 ? "valkey" : "redis",
        Host = _setup.UsesTls ? "localhost" : Host,
        Port = Port,
        Username = username,
        Password = Sensitive.FromText(password),
        Tls = _setup.UsesTls ? TlsMode.Verified : TlsMode.Plaintext,
    };

    /// <summary>Runs one command as the administrator, which must succeed.</summary>
    public async Task<RespReply> ExecuteAsync(CancellationToken cancellationToken, params string[] words)
    {
        await using var connection = await OpenAdminAsync(cancellationToken);
        var reply = await connection.AskAsync(words, cancellationToken);
        return reply.IsError ? throw new InvalidOperationException($"{string.Join(' ', words)}: {reply.Text}") : reply;
    }

    /// <summary>Makes or changes a user.</summary>
    public async Task SetUserAsync(string username, CancellationToken cancellationToken, params string[] rules)
    {
        await using var server = new RedisServer(await OpenAdminAsync(cancellationToken));
        await server.SetUserAsync(username, rules, cancellationToken);
    }

    public async Task<AclUser?> FindUserAsync(string username, CancellationToken cancellationToken)
    {
        await using var server = new RedisServer(await OpenAdminAsync(cancellationToken));
        return await server.FindUserAsync(username, cancellationToken);
    }

    /// <summary>Whether a new connection logs in.</summary>
    public async Task<bool> LogsInAsync(string username, string password, CancellationToken cancellationToken)
    {
        try
        {
            var credentials = Credentials(username, password);
            await using var session = await new RedisLogin(Options).LogInAsync(credentials, cancellationToken);
            return true;
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Auth)
        {
            return false;
        }
    }

    public RotatorOptions Options => new()
    {
        CaFile = _setup.CaFile,
        ConnectTimeout = TimeSpan.FromSeconds(20),
        CommandTimeout = TimeSpan.FromSeconds(20),
    };

    public Task<RedisConnection> OpenAdminAsync(CancellationToken cancellationToken) => RedisConnection.OpenAsync(
        new RedisEndpoint(AdminCredentials.Host, Port), AdminCredentials, AdminCredentials.Password, Options, cancellationToken);

    public static string Hash(string password) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password)));

    private string FileOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>The lines of a configuration file as words of a command line.</summary>
    private static string[] Words(string[] lines) =>
    [
        .. lines.SelectMany(line => line.Split('\n')).Where(line => line.Length > 0).SelectMany(line =>
        {
            var parts = line.Split(' ');
            return parts.Skip(1).Select(part => part.Trim('"')).Prepend("--" + parts[0]);
        }),
    ];
}

/// <summary>What a test wants of its server beyond the defaults.</summary>
internal sealed record PrivateRedisSetup
{
    /// <summary>Further lines of the configuration file.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Users stand in a file of their own, not in the configuration file.</summary>
    public bool UsesAclFile { get; init; }

    /// <summary>False for a server that was given everything on its command line.</summary>
    public bool HasConfigurationFile { get; init; } = true;

    public string? CaFile { get; init; }

    public bool UsesTls => CaFile is not null;

    /// <summary>Servers of one set share it; null for one of the server's own.</summary>
    public string? AdminPassword { get; init; }

    public string DefaultUser { get; init; } = "user default off";

    /// <summary>A server with a certificate for the name.</summary>
    public static PrivateRedisSetup WithTls(TestAuthority authority, string host = "localhost", bool isExpired = false)
    {
        var (certificate, key) = authority.Issue(host, isExpired);
        return new PrivateRedisSetup
        {
            CaFile = authority.CaFile,
            Files = new Dictionary<string, string>
            {
                [PrivateServerSetup.CertificateFile] = certificate,
                [PrivateServerSetup.KeyFile] = key,
            },
        };
    }
}
