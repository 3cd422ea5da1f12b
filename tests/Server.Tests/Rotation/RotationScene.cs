using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rekey.Server.Rotation;
using Rekey.Server.Tests.Fakes;
using Shouldly;

namespace Rekey.Server.Tests.Rotation;

/// <summary>A server with a scripted target and one secret, and the words that rotation tests are told in.</summary>
internal sealed class RotationScene : IAsyncDisposable
{
    public const string FunctionArn = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser";
    public const string FirstVersion = "00000000-0000-0000-0000-000000000001";
    public const string Token = "00000000-0000-0000-0000-000000000002";

    private RotationScene(TestServer server) => Server = server;

    public TestServer Server { get; }

    public ScriptedTarget Target => (ScriptedTarget)Server.Services.GetRequiredService<IRotationTarget>();

    public static async Task<RotationScene> StartAsync(CancellationToken cancellationToken, TestServerOptions? options = null)
    {
        options ??= new TestServerOptions();
        var server = await TestServer.StartAsync(
            options with
            {
                Services = services =>
                {
                    services.Replace(ServiceDescriptor.Singleton<IRotationTarget, ScriptedTarget>());
                    options.Services?.Invoke(services);
                },
            },
            cancellationToken);
        var scene = new RotationScene(server);
        if (options.DataDirectory is null)
            await scene.OkAsync(
                "CreateSecret", new { Name = "db", ClientRequestToken = FirstVersion, SecretString = "first" }, cancellationToken);
        return scene;
    }

    public async Task<JsonNode> OkAsync(string operation, object request, CancellationToken cancellationToken)
    {
        var answer = await Server.CallAsync(operation, request, cancellationToken);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Body.Length == 0 ? new JsonObject() : answer.Json;
    }

    public Task<JsonNode> RotateAsync(
        CancellationToken cancellationToken, object? rules = null, bool? immediately = null, string token = Token) =>
        OkAsync(
            "RotateSecret",
            new
            {
                SecretId = "db",
                ClientRequestToken = token,
                RotationLambdaARN = FunctionArn,
                RotationRules = rules ?? new { },
                RotateImmediately = immediately ?? true,
            },
            cancellationToken);

    public Task<JsonNode> DescribeAsync(CancellationToken cancellationToken) =>
        OkAsync("DescribeSecret", new { SecretId = "db" }, cancellationToken);

    public Task<JsonNode> ProgressAsync(CancellationToken cancellationToken) => ProgressAsync("db", cancellationToken);

    public async Task<JsonNode> ProgressAsync(string secretId, CancellationToken cancellationToken)
    {
        using var client = Server.Client("rekey");
        using var request = Server.JsonRequest("rekey.DescribeRotation", Encoding.UTF8.GetBytes($$"""{"SecretId":"{{secretId}}"}"""));
        var answer = await TestServer.SendAsync(client, request, cancellationToken);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Json;
    }

    /// <summary>Waits, in real time, until the rotation is in a state in which nothing runs.</summary>
    public async Task<JsonNode> UntilAsync(Func<JsonNode, bool> reached, CancellationToken cancellationToken)
    {
        while (true)
        {
            var progress = await ProgressAsync(cancellationToken);
            if (reached(progress)) return progress;
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }
    }

    public Task<JsonNode> UntilIdleAsync(CancellationToken cancellationToken) =>
        UntilAsync(progress => progress["State"]!.GetValue<string>() == "Idle", cancellationToken);

    /// <summary>Labels by version id, as DescribeSecret shows them.</summary>
    public async Task<Dictionary<string, string[]>> LabelsAsync(CancellationToken cancellationToken) =>
        (await DescribeAsync(cancellationToken))["VersionIdsToStages"]!.AsObject()
            .ToDictionary(pair => pair.Key, pair => pair.Value!.AsArray().Select(label => label!.GetValue<string>()).ToArray());

    public static IEnumerable<string> EventsOf(JsonNode progress) =>
        progress["Events"]!.AsArray().Select(entry => entry!["Event"]!.GetValue<string>());

    /// <summary>Starts a rotation that has reserved its version and not yet made a value.</summary>
    public async Task PlaceholderAsync(CancellationToken cancellationToken)
    {
        Target.HoldCreateSecret = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await RotateAsync(cancellationToken);
        while (Target.Steps.IsEmpty) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Target.HoldCreateSecret?.TrySetResult();
        return Server.DisposeAsync();
    }
}
