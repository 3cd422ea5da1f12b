using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Slots;

namespace Rekey.Server.Tests.Rotators.Slots;

/// <summary>The service's keys as slots: how a provider is connected.</summary>
internal sealed class HttpCredentialIssuer(Uri address) : ICredentialIssuer, IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = address };

    public int SlotsMax => CredentialService.KeysMax;

    public void Dispose() => _client.Dispose();

    public async Task<IReadOnlyList<ListedCredential>> ListAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, "keys", cancellationToken);
        var rows = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!.AsArray();
        return [.. rows.Select(row => new ListedCredential((string)row!["id"]!, (string?)row["label"], (bool)row["active"]!))];
    }

    public async Task<IssuedCredential> CreateAsync(string label, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Post, $"keys?label={Uri.EscapeDataString(label)}", cancellationToken);
        var key = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!;
        return new IssuedCredential((string)key["id"]!, Sensitive.FromText((string)key["value"]!));
    }

    public async Task<bool> TestAsync(IssuedCredential credential, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "whoami");
        request.Headers.Add("X-Api-Key", credential.Value.RevealText());
        using var answer = await SendAsync(request, cancellationToken);
        return answer.StatusCode != HttpStatusCode.Unauthorized;
    }

    public Task EnableAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(HttpMethod.Post, $"keys/{id}/enable", cancellationToken);

    public Task DisableAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(HttpMethod.Post, $"keys/{id}/disable", cancellationToken);

    public Task DeleteAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync(HttpMethod.Delete, $"keys/{id}", cancellationToken);

    public async Task<DateTimeOffset?> FindLastUseAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"keys/{id}/last-use", cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return text.Length == 0 ? null : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
    }

    private async Task ChangeAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(method, path, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        return await SendAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await _client.SendAsync(request, cancellationToken);
        if (answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized) return answer;
        var status = answer.StatusCode;
        answer.Dispose();
        throw new RotatorException(
            status == HttpStatusCode.Conflict ? FailureCause.Conflict : FailureCause.Network, $"The service answered {(int)status}.");
    }
}
