using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Rekey.Server.Audit;
using Rekey.Server.Storage;

namespace Rekey.Server.Observability;

/// <summary>
/// <c>GET /healthz/live</c>: the process answers. <c>GET /healthz/ready</c>: it can serve, or 503 with the reason. Neither tells anything
/// about what is stored.
/// </summary>
internal sealed class HealthEndpoints(IDatabase database, AuditSpool audit, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const string Prefix = "/healthz/";

    public static bool Serves(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Path.Value?.StartsWith(Prefix, StringComparison.Ordinal) == true;

    public async Task HandleAsync(HttpContext http)
    {
        switch (http.Request.Path.Value)
        {
            case Prefix + "live":
                await AnswerAsync(http, StatusCodes.Status200OK, "live", reason: null);
                break;
            case Prefix + "ready":
                var reason = await WhyNotReadyAsync(http.RequestAborted);
                if (reason is null) await AnswerAsync(http, StatusCodes.Status200OK, "ready", reason);
                else await AnswerAsync(http, StatusCodes.Status503ServiceUnavailable, "not ready", reason);
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private async ValueTask<string?> WhyNotReadyAsync(CancellationToken cancellationToken)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return "the server is stopping";
        if (audit.IsFull) return "the audit log cannot take more records";
        try
        {
            // A database that hangs must not hang the answer.
            await Task.Run(() => database.Read(session => session.Find("SELECT 1", row => row.Number(0))), cancellationToken)
                .WaitAsync(Limits.ReadinessTimeout, time, cancellationToken);
            return null;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            return "the database does not answer";
        }
    }

    private static async Task AnswerAsync(HttpContext http, int status, string state, string? reason)
    {
        using var stream = new MemoryStream();
        await using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("status", state);
            if (reason is not null) json.WriteString("reason", reason);
            json.WriteEndObject();
        }
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = stream.Length;
        await http.Response.Body.WriteAsync(stream.GetBuffer().AsMemory(0, (int)stream.Length), http.RequestAborted);
    }
}
