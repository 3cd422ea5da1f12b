using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rekey.Server.Observability;

namespace Rekey.Server.Metrics;

/// <summary>
/// <c>GET /metrics</c> on a listener of its own, so that who may reach the API does not learn the names of secrets, and the scraper needs
/// no key. One scrape at a time.
/// </summary>
internal sealed class MetricsListener(MetricsPage page, IOptions<MetricsOptions> options) : IHostedService, IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private WebApplication? _app;

    /// <summary>The addresses that it listens on, with their ports; empty when it is off.</summary>
    public IReadOnlyCollection<string> Urls => _app is null ? [] : [.. _app.Urls];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Urls is not { } urls) return;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Rekey.Metrics" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(ServerHost.ConfigureKestrel).UseUrls(urls.Split(';'));
        _app = builder.Build();
        _app.Run(HandleAsync);
        await _app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _turn.Dispose();
    }

    private async Task HandleAsync(HttpContext http)
    {
        if (!MayScrape(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers.WWWAuthenticate = "Bearer";
        }
        else if (!HttpMethods.IsGet(http.Request.Method) || http.Request.Path.Value != "/metrics")
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else
        {
            await AnswerAsync(http);
        }
    }

    private async Task AnswerAsync(HttpContext http)
    {
        await _turn.WaitAsync(http.RequestAborted);
        try
        {
            var body = Encoding.UTF8.GetBytes(page.Write());
            http.Response.ContentType = PrometheusText.ContentType;
            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
        }
        finally
        {
            _turn.Release();
        }
    }

    private bool MayScrape(HttpRequest request)
    {
        if (options.Value.Token is not { } token) return true;
        var given = Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString());
        return CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes($"Bearer {token}"));
    }
}
