using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Benchmarks.Load;
using Rekey.Conformance.Rotation.Campaign;

namespace Rekey.Benchmarks.Rotation;

/// <summary>The secrets of the benchmark's users, created and rotated as any client would.</summary>
internal sealed class RotatedSecrets(Uri endpoint, CampaignTarget target) : IDisposable
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);
    private readonly HttpClient _http = new(new SigningHandler(
        new Signer(
            new SigningCredentials(BenchmarkSecrets.AccessKeyId, Sensitive.FromText(BenchmarkSecrets.SecretAccessKey)),
            BenchmarkSecrets.Region, "secretsmanager", TimeProvider.System),
        new SocketsHttpHandler { UseProxy = false }));

    private readonly List<string> _names = [];
    private bool _isEnabled;

    public async Task CreateAsync(int count, Func<int, string> nameOf, CancellationToken cancellationToken)
    {
        for (var user = 0; user < count; user++)
        {
            var name = nameOf(user);
            var value = target.SecretString(name, CampaignTarget.FirstPassword);
            var request = new JsonObject { ["Name"] = name, ["ClientRequestToken"] = NewToken(), ["SecretString"] = value };
            await CallAsync("CreateSecret", request, cancellationToken);
            _names.Add(name);
        }
    }

    /// <summary>Starts a rotation of each, and returns when the last has ended. Throws when one does not succeed.</summary>
    public async Task RotateAllAsync(CancellationToken cancellationToken)
    {
        var waiting = new Dictionary<string, string>();
        foreach (var name in _names)
        {
            var request = new JsonObject { ["SecretId"] = name, ["ClientRequestToken"] = waiting[name] = NewToken() };
            if (!_isEnabled) request["RotationLambdaARN"] = target.FunctionArn;
            await CallAsync("RotateSecret", request, cancellationToken);
        }
        _isEnabled = true;
        foreach (var (name, token) in waiting)
        {
            while (await StagesAsync(name, token, cancellationToken) is not ["AWSCURRENT"])
                await Task.Delay(s_poll, TimeProvider.System, cancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<string[]> StagesAsync(string name, string token, CancellationToken cancellationToken)
    {
        var described = await CallAsync("DescribeSecret", new() { ["SecretId"] = name }, cancellationToken);
        return described.GetProperty("VersionIdsToStages").TryGetProperty(token, out var stages)
            ? [.. stages.EnumerateArray().Select(stage => stage.GetString()!)]
            : throw new InvalidOperationException($"The rotation of {name} was given up.");
    }

    private static string NewToken() => Guid.NewGuid().ToString();

    private async Task<JsonElement> CallAsync(string operation, JsonObject request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, endpoint);
        message.Headers.Add("X-Amz-Target", $"secretsmanager.{operation}");
        message.Content = new StringContent(request.ToJsonString(), new MediaTypeHeaderValue("application/x-amz-json-1.1"));
        using var answer = await _http.SendAsync(message, cancellationToken);
        var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        return answer.IsSuccessStatusCode
            ? JsonElement.Parse(body)
            : throw new InvalidOperationException($"{operation} was refused with {(int)answer.StatusCode}.");
    }
}
