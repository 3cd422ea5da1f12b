using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rekey.Aws;
using Rekey.Aws.SigV4;

namespace Rekey.Server.Tests.Fakes;

/// <summary>
/// <c>rekey server</c> as an operator runs it, in a process of its own that can be killed, on a free port and with the root key of
/// <see cref="TestServer"/>. Its data directory outlives it.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>Names the fault point at which the server kills itself: it is then the one of <c>tests/FaultHost</c>.</summary>
    public const string KillAt = "REKEY_TEST_KILL_AT";

    private const string Announcement = "Rekey serves ";
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(15);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpClient _secretsManager = Client("secretsmanager");
    private readonly HttpClient _rekey = Client("rekey");

    private ServerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
    }

    /// <summary>Where it serves; only of a server that is ready.</summary>
    public Uri Endpoint => _announced.Task.IsCompletedSuccessfully
        ? _announced.Task.Result
        : throw new InvalidOperationException($"The server did not say where it serves:\n{Output}");

    /// <summary>What it printed so far, errors included.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts a server and waits until it is ready. Throws when it ends instead.</summary>
    public static async Task<ServerProcess> StartAsync(
        string dataDirectory, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        var server = Start(dataDirectory, environment);
        try
        {
            await server.ReadyAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <param name="environment">Settings, and perhaps <see cref="KillAt"/>.</param>
    public static ServerProcess Start(string dataDirectory, IReadOnlyDictionary<string, string>? environment = null)
    {
        var assembly = environment?.ContainsKey(KillAt) == true ? "Rekey.FaultHost.dll" : "rekey.dll";
        var program = Path.Combine(AppContext.BaseDirectory, assembly);
        string[] words = ["exec", program, "server", "--data-dir", dataDirectory, "--urls", "http://127.0.0.1:0"];
        var start = new ProcessStartInfo("dotnet", words)
        {
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

    /// <summary>Waits until it can serve. Throws when it ends instead.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_announced.Task, _process.WaitForExitAsync(cancellationToken));
        using var http = new HttpClient();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_process.HasExited) throw new InvalidOperationException($"The server did not start:\n{Output}");
            if (await IsReadyAsync(http, cancellationToken)) return;
            await Task.Delay(s_poll, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Calls an operation of Secrets Manager as root.</summary>
    /// <exception cref="HttpRequestException">The server is gone, or went before its answer was complete.</exception>
    public Task<Answer> CallAsync(string operation, object request, CancellationToken cancellationToken) =>
        SendAsync(_secretsManager, $"secretsmanager.{operation}", request, cancellationToken);

    /// <summary>The same in another region, which the environment must make it serve.</summary>
    public async Task<Answer> CallInAsync(string region, string operation, object request, CancellationToken cancellationToken)
    {
        using var client = Client("secretsmanager", region);
        return await SendAsync(client, $"secretsmanager.{operation}", request, cancellationToken);
    }

    public async Task<JsonNode> OkAsync(string operation, object request, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(operation, request, cancellationToken);
        return answer.IsSuccess ? answer.Json : throw new InvalidOperationException($"{operation}: {answer.Body}");
    }

    /// <summary>Calls one of Rekey's own operations as root; throws when it is refused.</summary>
    public async Task<JsonNode> RekeyAsync(string operation, object request, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(_rekey, $"rekey.{operation}", request, cancellationToken);
        if (!answer.IsSuccess) throw new InvalidOperationException($"{operation}: {answer.Body}");
        return answer.Body.Length == 0 ? new JsonObject() : answer.Json;
    }

    /// <summary>Waits until no rotation of the secret is in progress; throws when it parks.</summary>
    public async Task UntilIdleAsync(string secretId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var progress = (await SendAsync(_rekey, "rekey.DescribeRotation", new { SecretId = secretId }, cancellationToken)).Json;
            var state = progress["State"]!.GetValue<string>();
            if (state == "Idle") return;
            if (state == "Parked") throw new InvalidOperationException($"The rotation was parked: {progress.ToJsonString()}");
            await Task.Delay(s_poll, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>SIGKILL: no line of the server runs after it.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited) _process.Kill();
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

    /// <summary>Waits until the process has ended, by its own hand.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        _secretsManager.Dispose();
        _rekey.Dispose();
    }

    private async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(Endpoint, "healthz/ready"), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<Answer> SendAsync(HttpClient client, string target, object request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Endpoint);
        message.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request));
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        message.Headers.Add("X-Amz-Target", target);
        return await TestServer.SendAsync(client, message, cancellationToken);
    }

    /// <summary>Signs as root.</summary>
    private static HttpClient Client(string service, string region = TestServer.Region)
    {
        var root = new SigningCredentials(TestServer.RootAccessKeyId, Sensitive.FromText(TestServer.RootSecretAccessKey));
        return new HttpClient(
            new SigningHandler(new Signer(root, region, service, TimeProvider.System), new SocketsHttpHandler()));
    }

    private void Take(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
        if (line.StartsWith(Announcement, StringComparison.Ordinal)) _announced.TrySetResult(new Uri(line[Announcement.Length..]));
    }
}
