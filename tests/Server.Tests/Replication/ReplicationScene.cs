using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Replication;
using Rekey.Server.Settings;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;

namespace Rekey.Server.Tests.Replication;

/// <summary>A server of four regions, and the words that tests of replication are told in.</summary>
public sealed class ReplicationScene : IAsyncDisposable
{
    public const string Home = TestServer.Region;
    public const string West = "eu-west-1";
    public const string Central = "eu-central-1";
    public const string South = "ap-south-1";
    public const string Succeeded = "Replication succeeded";
    public const string DefaultKey = "alias/aws/secretsmanager";

    private static int s_last;

    private ReplicationScene(TestServer server) => Server = server;

    public TestServer Server { get; }

    public IDatabase Database => Server.Services.GetRequiredService<IDatabase>();

    public static async Task<ReplicationScene> StartAsync(CancellationToken cancellationToken, TestServerOptions? options = null)
    {
        options ??= new TestServerOptions();
        var settings = new Dictionary<string, string?>(options.Settings) { [RegionOptions.RegionsKey] = $"{West},{Central},{South}" };
        return new ReplicationScene(await TestServer.StartAsync(options with { Settings = settings }, cancellationToken));
    }

    public static string NewName() => string.Create(CultureInfo.InvariantCulture, $"app/{Interlocked.Increment(ref s_last):d6}.x");

    /// <summary>36 characters, as SDKs send.</summary>
    public static string NewToken() => string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref s_last):d36}");

    public async Task<JsonNode> OkAsync(string region, string operation, object request, CancellationToken cancellationToken)
    {
        var answer = await Server.CallInAsync(region, operation, request, cancellationToken);
        answer.IsSuccess.ShouldBeTrue($"{operation}: {answer.Body}");
        return answer.Body.Length == 0 ? new JsonObject() : answer.Json;
    }

    public async Task FailAsync(
        string region, string operation, object request, string code, string text, CancellationToken cancellationToken)
    {
        var answer = await Server.CallInAsync(region, operation, request, cancellationToken);
        ((int)answer.Status).ShouldBe(400, $"{operation}: {answer.Body}");
        (answer.ErrorCode, answer.ErrorMessage).ShouldBe((code, text), operation);
    }

    /// <summary>Makes a secret with a value in a region; its ARN.</summary>
    public async Task<string> CreateAsync(string region, string name, string value, CancellationToken cancellationToken) => (await OkAsync(
        region, "CreateSecret", new { Name = name, SecretString = value, ClientRequestToken = NewToken() }, cancellationToken))
        ["ARN"]!.GetValue<string>();

    /// <summary>Replicates from the home region and waits until it is done; the primary's ARN.</summary>
    public async Task<string> ReplicateAsync(string name, CancellationToken cancellationToken, params string[] regions)
    {
        var request = new { SecretId = name, AddReplicaRegions = regions.Select(region => new { Region = region }) };
        var arn = (await OkAsync(Home, "ReplicateSecretToRegions", request, cancellationToken))["ARN"]!.GetValue<string>();
        await SettledAsync(cancellationToken);
        return arn;
    }

    public async Task<string> PutAsync(string name, string value, CancellationToken cancellationToken, params string[] stages)
    {
        var token = NewToken();
        await OkAsync(
            Home, "PutSecretValue",
            new
            {
                SecretId = name,
                SecretString = value,
                ClientRequestToken = token,
                VersionStages = stages.Length == 0 ? ["AWSCURRENT"] : stages,
            },
            cancellationToken);
        return token;
    }

    public Task<JsonNode> DescribeAsync(string region, string name, CancellationToken cancellationToken) =>
        OkAsync(region, "DescribeSecret", new { SecretId = name }, cancellationToken);

    public async Task<string> ValueAsync(string region, string name, CancellationToken cancellationToken) =>
        (await OkAsync(region, "GetSecretValue", new { SecretId = name }, cancellationToken))["SecretString"]!.GetValue<string>();

    /// <summary>The statuses as the primary shows them: <c>eu-west-1 InSync: Replication succeeded</c>.</summary>
    public async Task<IReadOnlyList<string>> StatusAsync(string name, CancellationToken cancellationToken) =>
        Statuses(await DescribeAsync(Home, name, cancellationToken));

    public static IReadOnlyList<string> Statuses(JsonNode answer) => answer["ReplicationStatus"] is not JsonArray replicas
        ? []
        : [.. replicas.Select(replica => $"{replica!["Region"]} {replica["Status"]}: {replica["StatusMessage"]}".TrimEnd(':', ' '))];

    /// <summary>Waits, in real time, until nothing is due any more.</summary>
    public async Task SettledAsync(CancellationToken cancellationToken)
    {
        while (Database.Read(session => ReplicationLinks.NextMoment(session)) is not null)
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
