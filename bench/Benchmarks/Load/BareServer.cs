using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Rekey.Server;

namespace Rekey.Benchmarks.Load;

/// <summary>
/// The yardstick: Kestrel set up as the product sets it up, with one middleware that reads a body and answers 400 bytes of JSON.
/// </summary>
internal static class BareServer
{
    public const int AnswerBytes = 400;

    public static byte[] Answer { get; } = [.. "{\"a\":\""u8, .. Enumerable.Repeat((byte)'x', AnswerBytes - 8), .. "\"}"u8];

    public static async Task RunAsync(string url, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(ServerHost.ConfigureKestrel).UseUrls(url);
        await using var app = builder.Build();
        app.Use(_ => AnswerAsync);
        await app.RunAsync(cancellationToken);
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        var reader = http.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(http.RequestAborted);
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = AnswerBytes;
        await http.Response.Body.WriteAsync(Answer, http.RequestAborted);
    }
}
