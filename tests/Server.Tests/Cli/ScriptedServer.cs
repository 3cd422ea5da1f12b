using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rekey.Server.Tests.Cli;

/// <summary>An endpoint that answers what a test tells it to: for what a real server does rarely, late or never.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Dictionary<string, Queue<(int Status, string Body)>> _answers = [];

    private ScriptedServer(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    public string Url => _application.Urls.Single();

    /// <summary>Target, region and service in the credential scope, and body of each request in order.</summary>
    public List<(string Target, string Scope, JsonElement Body)> Requests { get; } = [];

    public static async Task<ScriptedServer> StartAsync(int port = 0)
    {
        var server = new ScriptedServer(port);
        await server._application.StartAsync();
        return server;
    }

    /// <summary>The next answer to a target; the last one given is repeated.</summary>
    public ScriptedServer Answer(string target, string body, int status = 200)
    {
        if (!_answers.TryGetValue(target, out var queue)) _answers[target] = queue = new();
        queue.Enqueue((status, body));
        return this;
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var target = context.Request.Headers["X-Amz-Target"].ToString();
        var authorization = context.Request.Headers.Authorization.ToString();
        var scope = authorization.Split("Credential=").Last().Split(',')[0].Split('/') is [_, _, var region, var service, _]
            ? $"{region}/{service}"
            : "";
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        Requests.Add((target, scope, body.RootElement.Clone()));
        var queue = _answers[target];
        var (status, text) = queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        context.Response.StatusCode = status;
        context.Response.Headers["x-amzn-RequestId"] = "11111111-2222-3333-4444-555555555555";
        await context.Response.WriteAsync(text);
    }
}
