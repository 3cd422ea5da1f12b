using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rekey.Aws.SigV4;

namespace Rekey.Cli.Client;

/// <summary>
/// The server's public endpoint over AWS JSON 1.1, signed like any other client's requests. Failures are <see cref="CommandException"/>s:
/// a refusal is a <see cref="RefusedException"/>, no answer has <see cref="ExitCode.Unreachable"/>.
/// </summary>
internal sealed class RekeyClient : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A diagnosis waits for several connections to the target, one after the other.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private readonly Uri _endpoint;
    private readonly HttpClient _secretsManager;
    private readonly HttpClient _extensions;

    public RekeyClient(ClientSettings settings, TimeProvider time)
    {
        _endpoint = settings.Endpoint;
        _secretsManager = Connect(settings, "secretsmanager", time);
        _extensions = Connect(settings, "rekey", time);
    }

    public Uri Endpoint => _endpoint;

    public Task<RotateSecretResponse> RotateSecretAsync(RotateSecretRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            _secretsManager, "secretsmanager.RotateSecret", request, MessagesJson.Default.RotateSecretRequest,
            MessagesJson.Default.RotateSecretResponse, cancellationToken);

    public Task<RotationDescription> DescribeRotationAsync(DescribeRotationRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            _extensions, "rekey.DescribeRotation", request, MessagesJson.Default.DescribeRotationRequest,
            MessagesJson.Default.RotationDescription, cancellationToken);

    public Task<Diagnosis> DiagnoseSecretAsync(DiagnoseSecretRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            _extensions, "rekey.DiagnoseSecret", request, MessagesJson.Default.DiagnoseSecretRequest,
            MessagesJson.Default.Diagnosis, cancellationToken);

    public Task<ConfiguredRotation> GetRotationSettingsAsync(GetRotationSettingsRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            _extensions, "rekey.GetRotationSettings", request, MessagesJson.Default.GetRotationSettingsRequest,
            MessagesJson.Default.ConfiguredRotation, cancellationToken);

    public Task<ConfiguredRotation> PutRotationSettingsAsync(PutRotationSettingsRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            _extensions, "rekey.PutRotationSettings", request, MessagesJson.Default.PutRotationSettingsRequest,
            MessagesJson.Default.ConfiguredRotation, cancellationToken);

    public Task<PlannedRotation> PlanRotationAsync(PlanRotationRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            _extensions, "rekey.PlanRotation", request, MessagesJson.Default.PlanRotationRequest,
            MessagesJson.Default.PlannedRotation, cancellationToken);

    public Task<RotationList> ListRotationsAsync(ListRotationsRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            _extensions, "rekey.ListRotations", request, MessagesJson.Default.ListRotationsRequest,
            MessagesJson.Default.RotationList, cancellationToken);

    public void Dispose()
    {
        _secretsManager.Dispose();
        _extensions.Dispose();
    }

    private static HttpClient Connect(ClientSettings settings, string service, TimeProvider time)
    {
        // A server on this machine is not reached through a proxy, whatever the environment says.
        var connections = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, UseProxy = !settings.Endpoint.IsLoopback };
        var signer = new Signer(settings.Credentials, settings.Region, service, time);
        return new HttpClient(new SigningHandler(signer, connections)) { Timeout = AnswerTimeout };
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        HttpClient client, string target, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse> responseType,
        CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, requestType));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        using var message = new HttpRequestMessage(HttpMethod.Post, _endpoint) { Content = content };
        message.Headers.Add("X-Amz-Target", target);
        try
        {
            using var answer = await client.SendAsync(message, cancellationToken).ConfigureAwait(false);
            var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode) throw RefusedException.From(answer, body, _endpoint);
            return JsonSerializer.Deserialize(body, responseType) ?? throw NotRekey();
        }
        catch (JsonException)
        {
            throw NotRekey();
        }
        catch (HttpRequestException error)
        {
            throw Unreachable(error.InnerException?.Message ?? error.Message);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable($"It did not answer within {AnswerTimeout.TotalSeconds:0} s.");
        }
    }

    private CommandException NotRekey() => new(
        ExitCode.Unreachable, $"What answers at {_endpoint} is not a Rekey server.", "Name the right one with --endpoint-url.");

    private CommandException Unreachable(string why) => new(
        ExitCode.Unreachable, $"No answer from {_endpoint}.",
        $"{why.TrimEnd('.')}. Is the server running there? Name another with --endpoint-url or AWS_ENDPOINT_URL_SECRETS_MANAGER.");
}
