using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rekey.Server.Tests.Webhooks;

/// <summary>What a receiver got in one request.</summary>
internal sealed record Delivery(string Body, string Signature, string Id, string Event, string? ContentType);

/// <summary>A receiver of webhooks on loopback that answers what the test says.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public string Url => $"{_app.Urls.Single()}/hook";

    /// <summary>Every request, in the order in which they came.</summary>
    public ConcurrentQueue<Delivery> Deliveries { get; } = new();

    /// <summary>The status to answer with; called with each request.</summary>
    public Func<Delivery, int> Answer { get; set; } = _ => 200;

    /// <summary>Where a redirect leads.</summary>
    public string? Location { get; set; }

    public static async Task<WebhookReceiver> StartAsync()
    {
        var receiver = new WebhookReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public async Task UntilAsync(Func<bool> reached, CancellationToken cancellationToken)
    {
        while (!reached()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var headers = context.Request.Headers;
        var delivery = new Delivery(
            await reader.ReadToEndAsync(), headers["Rekey-Signature"].ToString(), headers["Idempotency-Key"].ToString(),
            headers["Rekey-Event"].ToString(), context.Request.ContentType);
        context.Response.StatusCode = Answer(delivery);
        if (Location is not null) context.Response.Headers.Location = Location;
        Deliveries.Enqueue(delivery);
    }
}
