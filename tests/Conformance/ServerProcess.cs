using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Conformance.Engines;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Conformance;

/// <summary>
/// The server as a process of its own, that a test may kill or let kill itself at a fault point. Its data directory outlives it.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string AccessKeyId = "AKIATESTROOTTESTROOT";
    private const string SecretAccessKey = "test-root-secret-test-root-secret-test-r";
    private const string Region = "us-east-1";

    private readonly Process _process;
    private readonly HttpClient _secretsManager;
    private readonly HttpClient _rekey;

    private ServerProcess(Process process, Uri endpoint)
    {
        _process = process;
        Endpoint = endpoint;
        _secretsManager = Client("secretsmanager");
        _rekey = Client("rekey");
    }

    public Uri Endpoint { get; }

    /// <param name="killAt">Name of the fault point at which the process kills itself; null: it lives.</param>
    public static async Task<ServerProcess> StartAsync(string dataDirectory, string? killAt, CancellationToken cancellationToken)
    {
        var endpoint = new Uri($"http://127.0.0.1:{FreePort.Next()}/");
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "Rekey.FaultHost.dll"), "server", "--data-dir", dataDirectory,
                "--urls", endpoint.GetLeftPart(UriPartial.Authority),
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["REKEY_ROOT_ACCESS_KEY_ID"] = AccessKeyId;
        start.Environment["REKEY_ROOT_SECRET_ACCESS_KEY"] = SecretAccessKey;
        start.Environment["REKEY_TEST_KILL_AT"] = killAt;
        var process = Process.Start(start)!;
        var output = new System.Text.StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new ServerProcess(process, endpoint);
        await server.UntilReadyAsync(output, cancellationToken);
        return server;
    }

    /// <summary>Calls an operation of Secrets Manager as root.</summary>
    public Task<Answer> CallAsync(string operation, object request, CancellationToken cancellationToken) =>
        SendAsync(_secretsManager, $"secretsmanager.{operation}", request, cancellationToken);

    public async Task<JsonNode> OkAsync(string operation, object request, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(operation, request, cancellationToken);
        return answer.IsSuccess ? answer.Json : throw new InvalidOperationException($"{operation}: {answer.Body}");
    }

    /// <summary>Waits until no rotation of the secret is in progress; throws when it parks.</summary>
    public async Task<JsonNode> UntilIdleAsync(string secretId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var progress = (await SendAsync(_rekey, "rekey.DescribeRotation", new { SecretId = secretId }, cancellationToken)).Json;
            var state = progress["State"]!.GetValue<string>();
            if (state == "Idle") return progress;
            if (state == "Parked") throw new InvalidOperationException($"The rotation was parked: {progress.ToJsonString()}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Waits until the process has ended, by its own hand.</summary>
    public Task ExitedAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        _secretsManager.Dispose();
        _rekey.Dispose();
    }

    private async Task UntilReadyAsync(System.Text.StringBuilder output, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Endpoint };
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("healthz/ready", UriKind.Relative), cancellationToken);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // A server that kills itself while it takes up a rotation may never become ready: the caller looks at the process.
                if (_process.HasExited) return;
            }
            if (_process.HasExited) throw new InvalidOperationException($"The server ended: {output}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }

    private async Task<Answer> SendAsync(HttpClient client, string target, object request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Endpoint);
        message.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request));
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        message.Headers.Add("X-Amz-Target", target);
        using var response = await client.SendAsync(message, cancellationToken);
        return await Answer.FromAsync(response, cancellationToken);
    }

    private HttpClient Client(string service)
    {
        var credentials = new SigningCredentials(AccessKeyId, Sensitive.FromText(SecretAccessKey));
        return new HttpClient(new SigningHandler(new Signer(credentials, Region, service, TimeProvider.System), new SocketsHttpHandler()));
    }

    private static void Append(System.Text.StringBuilder output, string? line)
    {
        lock (output) output.AppendLine(line);
    }
}
