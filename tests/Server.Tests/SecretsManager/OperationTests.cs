using System.Globalization;
using System.Text.Json.Nodes;
using Rekey.Server.Protocols.Shapes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>What the tests of all operations share: a server, fresh names and tokens, and calls that must succeed or fail.</summary>
public abstract class OperationTests(SecretsManagerServer fixture) : IClassFixture<SecretsManagerServer>
{
    private static int s_last;

    protected const string NotFound = "Secrets Manager can't find the specified secret.";
    protected const string MarkedForDeletion = "You can't perform this operation on the secret because it was marked for deletion.";
    protected const string TokenMissing = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";

    protected const string InvalidName =
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";

    /// <summary>What AWS answers although its model does not say so.</summary>
    protected virtual string[] UndeclaredErrors => [];

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected TestServer Server => fixture.Server;

    protected static string NewName() => string.Create(CultureInfo.InvariantCulture, $"test/{Interlocked.Increment(ref s_last):d8}.x");

    /// <summary>36 characters, as SDKs send.</summary>
    protected static string NewToken() => string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref s_last):d36}");

    /// <summary>Calls and expects success; the answer's JSON.</summary>
    protected async Task<JsonNode> OkAsync(string operation, object request)
    {
        var answer = await Server.CallAsync(operation, request, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Json;
    }

    /// <summary>Calls and expects an error of a code and text, always with status 400.</summary>
    protected async Task FailAsync(string operation, object request, string code, string text)
    {
        var answer = await Server.CallAsync(operation, request, Stop);
        ((int)answer.Status).ShouldBe(400);
        (answer.ErrorCode, answer.ErrorMessage).ShouldBe((code, text));
        ServiceModel.Get("secretsmanager").Operation(operation).Errors
            .Concat(["ValidationException", "AccessDeniedException"]).Concat(UndeclaredErrors)
            .ShouldContain(code, $"{operation} does not declare it");
    }

    /// <summary>Makes a secret with a value; its ARN.</summary>
    protected async Task<string> CreateAsync(string name, string value = "first", string? token = null) =>
        Text(await OkAsync("CreateSecret", new { Name = name, SecretString = value, ClientRequestToken = token ?? NewToken() }), "ARN");

    /// <summary>Stores a value; its version id.</summary>
    protected async Task<string> PutAsync(string id, string value, params string[] stages)
    {
        var token = NewToken();
        object request = stages.Length == 0
            ? new { SecretId = id, SecretString = value, ClientRequestToken = token }
            : new { SecretId = id, SecretString = value, ClientRequestToken = token, VersionStages = stages };
        await OkAsync("PutSecretValue", request);
        return token;
    }

    /// <summary>The labels by version as DescribeSecret shows them: <c>v1:A,B v2:C</c>, with the ids as given.</summary>
    protected async Task<string> LabelsAsync(string id)
    {
        var described = await OkAsync("DescribeSecret", new { SecretId = id });
        return described["VersionIdsToStages"] is not JsonObject versions
            ? ""
            : string.Join(' ', versions.Select(version => $"{version.Key}:{Joined(version.Value!)}"));
    }

    protected static string Joined(JsonNode array) => string.Join(',', array.AsArray().Select(item => item!.GetValue<string>()));

    protected async Task<string> ValueAsync(string id) => Text(await OkAsync("GetSecretValue", new { SecretId = id }), "SecretString");

    protected static string Text(JsonNode node, string member) => node[member]!.GetValue<string>();

    protected static DateTimeOffset Time(JsonNode node, string member) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)(node[member]!.GetValue<decimal>() * 1000));
}
