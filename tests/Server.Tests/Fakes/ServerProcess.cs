using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Rekey.Server.Tests.Fakes;

/// <summary>The executable as an operator runs it, in a process of its own that can be killed.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const string Announcement = "Rekey serves ";

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _endpoint = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
    }

    public Task<Uri> Endpoint => _endpoint.Task;

    /// <summary>What it printed so far, errors included.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts <c>rekey server</c> with the root key of <see cref="TestServer"/>.</summary>
    public static ServerProcess Start(string dataDirectory, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "exec", Path.Combine(AppContext.BaseDirectory, "rekey.dll"),
                "server", "--data-dir", dataDirectory, "--urls", "http://127.0.0.1:0",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["REKEY_ROOT_ACCESS_KEY_ID"] = TestServer.RootAccessKeyId;
        start.Environment["REKEY_ROOT_SECRET_ACCESS_KEY"] = TestServer.RootSecretAccessKey;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var process = Process.Start(start)!;
        var server = new ServerProcess(process);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM, and the time until the process is gone.</summary>
    public async Task<TimeSpan> TerminateAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)])!)
            await kill.WaitForExitAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        return watch.Elapsed;
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
        if (line.StartsWith(Announcement, StringComparison.Ordinal)) _endpoint.TrySetResult(new Uri(line[Announcement.Length..]));
    }
}
