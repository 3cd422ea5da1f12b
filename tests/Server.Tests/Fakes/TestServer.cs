using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Server.Audit;
using Rekey.Server.Settings;
using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Fakes;

/// <summary>
/// A real server in this process: Kestrel on a free loopback port, the real store in a directory of its own, a clock in the test's hand,
/// and signed HTTP through our own signer. Disposing it stops the server and deletes the directory.
/// </summary>
public sealed class TestServer : IAsyncDisposable
{
    public const string Account = "123456789012";
    public const string Region = "us-east-1";
    public const string RootAccessKeyId = "AKIATESTROOTTESTROOT";
    public const string RootSecretAccessKey = "test-root-secret-test-root-secret-test-r";

    private readonly WebApplication _app;
    private readonly bool _ownsDirectory;

    private TestServer(WebApplication app, ManualClock clock, LogCollector logs, string directory, bool ownsDirectory)
    {
        _app = app;
        _ownsDirectory = ownsDirectory;
        Clock = clock;
        Logs = logs;
        DataDirectory = directory;
        Endpoint = new Uri(app.Urls.Single());
        Http = new HttpClient { BaseAddress = Endpoint };
        SecretsManager = Client("secretsmanager");
    }

    public ManualClock Clock { get; }

    public LogCollector Logs { get; }

    public string DataDirectory { get; }

    public Uri Endpoint { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Sends requests as they are, unsigned.</summary>
    public HttpClient Http { get; }

    /// <summary>Sends requests signed by the root for Secrets Manager.</summary>
    public HttpClient SecretsManager { get; }

    public static Task<TestServer> StartAsync(CancellationToken cancellationToken) =>
        StartAsync(new TestServerOptions(), cancellationToken);

    public static async Task<TestServer> StartAsync(TestServerOptions options, CancellationToken cancellationToken)
    {
        var directory = options.DataDirectory ?? Directory.CreateTempSubdirectory("rekey-test-").FullName;
        var clock = options.Clock ?? new ManualClock();
        var logs = new LogCollector();
        var app = ServerHost.Build(Configuration(options, directory), services =>
        {
            services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            services.RemoveAll<ILoggerProvider>();
            services.AddSingleton<ILoggerProvider>(logs);
            services.Configure<LoggerFilterOptions>(filters =>
            {
                filters.MinLevel = LogLevel.Trace;
                filters.Rules.Clear();
            });
            options.Services?.Invoke(services);
        });
        await app.StartAsync(cancellationToken);
        return new TestServer(app, clock, logs, directory, options.DataDirectory is null);
    }

    /// <summary>Calls an operation of Secrets Manager as root. Anonymous objects make good requests.</summary>
    public Task<Answer> CallAsync(string operation, object request, CancellationToken cancellationToken) =>
        CallRawAsync(operation, JsonSerializer.Serialize(request), cancellationToken);

    /// <summary>The same in another region.</summary>
    public async Task<Answer> CallInAsync(string region, string operation, object request, CancellationToken cancellationToken)
    {
        using var client = Client("secretsmanager", region: region);
        using var message = JsonRequest($"secretsmanager.{operation}", JsonSerializer.SerializeToUtf8Bytes(request));
        var answer = await SendAsync(client, message, cancellationToken);
        DeclaredErrors.Demand(operation, answer);
        return answer;
    }

    /// <summary>The same with the body as it shall be on the wire.</summary>
    public Task<Answer> CallRawAsync(string operation, string body, CancellationToken cancellationToken) =>
        CallRawAsync(operation, Encoding.UTF8.GetBytes(body), cancellationToken);

    public async Task<Answer> CallRawAsync(string operation, byte[] body, CancellationToken cancellationToken)
    {
        using var request = JsonRequest($"secretsmanager.{operation}", body);
        var answer = await SendAsync(SecretsManager, request, cancellationToken);
        DeclaredErrors.Demand(operation, answer);
        return answer;
    }

    public static async Task<Answer> SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(request, cancellationToken);
        return await Answer.FromAsync(response, cancellationToken);
    }

    /// <summary>A request of the AWS JSON 1.1 protocol, not yet signed.</summary>
    public HttpRequestMessage JsonRequest(string target, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Endpoint) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        request.Headers.Add("X-Amz-Target", target);
        return request;
    }

    /// <summary>Signs as root for a service, or with other credentials.</summary>
    public HttpClient Client(string service, SigningCredentials? credentials = null, string region = Region) =>
        new(new SigningHandler(Signer(service, credentials, region), new SocketsHttpHandler())) { BaseAddress = Endpoint };

    public Signer Signer(string service, SigningCredentials? credentials = null, string region = Region) =>
        new(credentials ?? new SigningCredentials(RootAccessKeyId, Sensitive.FromText(RootSecretAccessKey)), region, service, Clock);

    /// <summary>All audit lines of reads, refusals and failures so far, in order.</summary>
    public async Task<IReadOnlyList<JsonElement>> AuditLinesAsync(CancellationToken cancellationToken)
    {
        await Services.GetRequiredService<AuditSpool>().DrainAsync(cancellationToken);
        var blocks = Services.GetRequiredService<IDatabase>()
            .Read(session => session.Query("SELECT lines FROM audit_blocks ORDER BY block_id", row => row.Bytes(0)));
        return [.. blocks.SelectMany(AuditLines.Unpack).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    /// <summary>Stops cleanly; the directory stays until the server is disposed.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        SecretsManager.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        if (_ownsDirectory) Directory.Delete(DataDirectory, recursive: true);
    }

    private static IConfiguration Configuration(TestServerOptions options, string directory) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            [StorageOptions.DataDirectoryKey] = directory,
            [$"{StorageOptions.Section}:{nameof(StorageOptions.Database)}"] = options.Database,
            [ServerOptions.UrlsKey] = "http://127.0.0.1:0",
            [$"{ServerOptions.Section}:{nameof(ServerOptions.RootAccessKeyId)}"] = RootAccessKeyId,
            [$"{ServerOptions.Section}:{nameof(ServerOptions.RootSecretAccessKey)}"] = RootSecretAccessKey,
        })
        .AddInMemoryCollection(options.Settings)
        .Build();
}
