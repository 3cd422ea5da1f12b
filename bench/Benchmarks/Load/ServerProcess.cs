using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Rekey.Benchmarks.Load;

/// <summary>A server under load: a process of its own on one core of its own, stopped by its own id.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int PortMin = 20_000;
    private const int PortMax = 32_000;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;

    private ServerProcess(Process process, IPEndPoint address) => (_process, Address) = (process, address);

    public IPEndPoint Address { get; }

    public Uri Endpoint => new($"http://{Address}/");

    /// <summary>Processor time it has used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>
    /// Starts an assembly from this program's folder on <paramref name="core"/>. "{url}" in the arguments stands for the address, on a free
    /// port. Returns once it accepts connections and answers <paramref name="readyPath"/> (when given) with 200.
    /// </summary>
    public static async Task<ServerProcess> StartAsync(
        int core, string assembly, string[] arguments, Dictionary<string, string> environment, string? readyPath,
        CancellationToken cancellationToken)
    {
        var address = new IPEndPoint(IPAddress.Loopback, FreePort());
        var start = new ProcessStartInfo("taskset") { RedirectStandardOutput = true, RedirectStandardError = true };
        var program = Path.Combine(AppContext.BaseDirectory, assembly);
        foreach (var argument in (string[])["--cpu-list", $"{core}", "dotnet", program, .. arguments])
            start.ArgumentList.Add(argument.Replace("{url}", $"http://{address}", StringComparison.Ordinal));
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        var errors = new List<string>();
        process.ErrorDataReceived += (_, line) => errors.Add(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new ServerProcess(process, address);
        try
        {
            await server.WaitUntilReadyAsync(readyPath, cancellationToken);
            return server;
        }
        catch (Exception fault)
        {
            server.Dispose();
            throw new InvalidOperationException($"{assembly} did not start: {fault.Message}\n{string.Join('\n', errors)}", fault);
        }
    }

    /// <summary>Stops the process as an operator would, by SIGTERM; kills it when that takes too long.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            using (Process.Start("kill", $"-TERM {_process.Id}")) { }
            if (!_process.WaitForExit(StopTimeout)) _process.Kill();
        }
        _process.Dispose();
    }

    private async Task WaitUntilReadyAsync(string? readyPath, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = Endpoint };
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < StartTimeout;)
        {
            if (_process.HasExited) throw new InvalidOperationException($"it ended with exit code {_process.ExitCode}.");
            if (await AnswersAsync(client, readyPath, cancellationToken)) return;
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
        throw new TimeoutException($"it did not answer within {StartTimeout.TotalSeconds} s.");
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string? readyPath, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync(readyPath ?? "/", cancellationToken);
            return readyPath is null || answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>A free port below the ephemeral range, which tests on the same machine may use up.</summary>
    private static int FreePort()
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var port = Random.Shared.Next(PortMin, PortMax);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: draw again.
            }
        }
        throw new InvalidOperationException("No free port.");
    }
}
