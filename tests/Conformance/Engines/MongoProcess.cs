using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Rekey.Conformance.Engines;

/// <summary>One mongod of a <see cref="PrivateMongo"/>.</summary>
internal sealed class MongoProcess(string program, string folder, IReadOnlyList<string> settings)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private Process? _process;

    public int Port { get; } = FreePort.Next();

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Starts the server, again after <see cref="CrashAsync"/>, and waits until it accepts connections.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        var start = await WinePrefix.StartInfoAsync(folder,
        [
            program, "--dbpath", WinePrefix.PathOf(data), "--logpath", WinePrefix.PathOf(Log), "--logappend",
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind_ip", "127.0.0.1", "--wiredTigerCacheSizeGB", "0.25",
            "--setParameter", "diagnosticDataCollectionEnabled=false",
            // The fewest a server takes: logins are most of what these tests do.
            "--setParameter", "scramSHA256IterationCount=5000", "--setParameter", "scramIterationCount=5000", .. settings,
        ]);
        _process = Process.Start(start)!;
        while (!await AnswersAsync(cancellationToken))
        {
            if (_process.HasExited) throw new InvalidOperationException($"mongod did not start: {await LogTextAsync(cancellationToken)}");
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Kills the server as a power cut would.</summary>
    public async Task CrashAsync()
    {
        // Nobody asks it any more whether it runs.
        if (Interlocked.Exchange(ref _process, null) is not { } process) return;
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    /// <summary>What the server wrote to its log.</summary>
    public async Task<string> LogTextAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Log)) return "";
        await using var file = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    private string Log => Path.Combine(folder, "mongod.log");

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
