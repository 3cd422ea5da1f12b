using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rekey.Aws.SigV4;
using Rekey.Cli.Client;

namespace Rekey.Quickstart;

/// <summary>Secrets Manager as any SDK calls it: AWS JSON 1.1, signed.</summary>
internal sealed class SecretsClient(ClientSettings settings) : IDisposable
{
    private readonly HttpClient _http = new(new SigningHandler(
        new Signer(settings.Credentials, settings.Region, "secretsmanager", TimeProvider.System),
        new SocketsHttpHandler { UseProxy = false }));

    public async Task<JsonElement> CallAsync(string operation, JsonObject request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, settings.Endpoint);
        message.Headers.Add("X-Amz-Target", $"secretsmanager.{operation}");
        message.Content = new StringContent(request.ToJsonString(), new MediaTypeHeaderValue("application/x-amz-json-1.1"));
        using var answer = await _http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode) throw RefusedException.From(answer, body, settings.Endpoint);
        return JsonElement.Parse(body);
    }

    public void Dispose() => _http.Dispose();
}
