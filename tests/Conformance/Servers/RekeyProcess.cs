using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Conformance.Engines;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Conformance.Servers;

/// <summary>
/// <c>rekey server</c> as a process of its own, as an operator would start it. What it prints is kept in <c>server.log</c> beside the data
/// directory, over all starts.
/// </summary>
internal sealed class RekeyProcess : IAsyncDisposable
{
    public const string AccessKeyId = "AKIAPROCESSROOT00000";
    public const string SecretAccessKey = "process-root-secret-process-root-secret-";
    private const int StartSecondsMax = 60;

    private readonly Process _process;

    private RekeyProcess(Process process, Uri endpoint)
    {
        _process = process;
        Endpoint = endpoint;
        var root = new SigningCredentials(AccessKeyId, Sensitive.FromText(SecretAccessKey));
        var signer = new Signer(root, "us-east-1", "secretsmanager", TimeProvider.System);
        Client = new HttpClient(new SigningHandler(signer, new SocketsHttpHandler())) { BaseAddress = endpoint };
    }

    public Uri Endpoint { get; }

    /// <summary>Signs as root.</summary>
    public HttpClient Client { get; }

    /// <summary>Time from the start of the process to the first ready answer.</summary>
    public TimeSpan StartTime { get; private init; }

    public static string LogOf(string folder) => Path.Combine(folder, "server.log");

    public static string DataOf(string folder) => Path.Combine(folder, "data");

    /// <summary>Starts a server on the data directory of <paramref name="folder"/> and waits until it is ready.</summary>
    public static async Task<RekeyProcess> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var endpoint = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        var started = Stopwatch.StartNew();
        var process = Process.Start(StartInfo(folder, endpoint))!;
        using var probe = new HttpClient { BaseAddress = endpoint };
        while (!await IsReadyAsync(probe, cancellationToken))
        {
            if (process.HasExited || started.Elapsed.TotalSeconds > StartSecondsMax)
            {
                process.Kill();
                var log = await File.ReadAllTextAsync(LogOf(folder), cancellationToken);
                throw new InvalidOperationException($"The server did not start:\n{log}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System, cancellationToken);
        }
        return new RekeyProcess(process, endpoint) { StartTime = started.Elapsed };
    }

    /// <summary>Calls an operation of Secrets Manager as root.</summary>
    /// <exception cref="HttpRequestException">The server is gone, or went before its answer was complete.</exception>
    public async Task<Answer> CallAsync(string operation, object request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Endpoint)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request)),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        message.Headers.Add("X-Amz-Target", $"secretsmanager.{operation}");
        return await TestServer.SendAsync(Client, message, cancellationToken);
    }

    /// <summary>SIGKILL: no line of the server runs after it.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
        Client.Dispose();
    }

    private static ProcessStartInfo StartInfo(string folder, Uri endpoint)
    {
        // The shell only redirects: exec hands its process id on to the server.
        var start = new ProcessStartInfo("sh") { WorkingDirectory = folder };
        string[] words = ["-c", "exec \"$@\" >>server.log 2>&1", "sh", Path.Combine(AppContext.BaseDirectory, "rekey"),
            "server", "--data-dir", DataOf(folder), "--urls", endpoint.GetLeftPart(UriPartial.Authority)];
        foreach (var word in words) start.ArgumentList.Add(word);
        start.Environment["REKEY_ROOT_ACCESS_KEY_ID"] = AccessKeyId;
        start.Environment["REKEY_ROOT_SECRET_ACCESS_KEY"] = SecretAccessKey;
        return start;
    }

    private static async Task<bool> IsReadyAsync(HttpClient probe, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await probe.GetAsync("/healthz/ready", cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
