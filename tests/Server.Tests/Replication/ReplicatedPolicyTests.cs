using System.Text.Json.Nodes;
using Shouldly;
using Xunit;
using static Rekey.Server.Tests.Replication.ReplicationScene;

namespace Rekey.Server.Tests.Replication;

/// <summary>A primary's resource policy holds for its replicas, and is changed through the primary alone.</summary>
public sealed class ReplicatedPolicyTests(ReplicationFixture fixture) : IClassFixture<ReplicationFixture>
{
    private const string NotOnReplica = "Operation not permitted on a replica secret. Call must be made in primary secret's region.";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ReplicationScene Scene => fixture.Scene;

    [Theory]
    [InlineData("*")]
    [InlineData("{arn}")]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:secret:app/*")]
    public async Task Denial_HoldsOnTheReplicaAndAfterItsPromotion(string resource)
    {
        var name = NewName();
        var arn = await Scene.CreateAsync(Home, name, "v", Stop);
        await Scene.ReplicateAsync(name, Stop, West);
        (await Scene.ValueAsync(West, name, Stop)).ShouldBe("v");

        var policy = Denial("GetSecretValue", resource.Replace("{arn}", arn), []);
        await Scene.OkAsync(Home, "PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy }, Stop);
        await Scene.SettledAsync(Stop);
        await DeniedAsync(West, "GetSecretValue", name);
        (await ShownAsync(West, name)).ShouldBe(await ShownAsync(Home, name));

        await Scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = name }, Stop);
        await DeniedAsync(West, "GetSecretValue", name);

        await Scene.OkAsync(Home, "DeleteResourcePolicy", new { SecretId = name }, Stop);
        await Scene.SettledAsync(Stop);
        (await Scene.ValueAsync(Home, name, Stop)).ShouldBe("v");
        await DeniedAsync(West, "GetSecretValue", name);
        await Scene.OkAsync(West, "DeleteResourcePolicy", new { SecretId = name }, Stop);
        (await Scene.ValueAsync(West, name, Stop)).ShouldBe("v");
    }

    [Fact]
    public async Task PolicyOfAReplica_IsReadThereAndChangedAtThePrimary()
    {
        var name = NewName();
        await Scene.CreateAsync(Home, name, "v", Stop);
        var policy = Denial("CancelRotateSecret", "*", []);
        await Scene.OkAsync(Home, "PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy }, Stop);
        await Scene.ReplicateAsync(name, Stop, West);
        (await ShownAsync(West, name)).ShouldBe(await ShownAsync(Home, name));
        foreach (var (operation, request) in new (string, object)[]
        {
            ("PutResourcePolicy", new { SecretId = name, ResourcePolicy = "{" }),
            ("DeleteResourcePolicy", new { SecretId = name }),
        })
        {
            await Scene.FailAsync(West, operation, request, "InvalidParameterException", NotOnReplica, Stop);
        }
        var validated = await Scene.OkAsync(West, "ValidateResourcePolicy", new { SecretId = name, ResourcePolicy = policy }, Stop);
        validated["PolicyValidationPassed"]!.GetValue<bool>().ShouldBeTrue();

        await Scene.OkAsync(Home, "DeleteResourcePolicy", new { SecretId = name }, Stop);
        await Scene.SettledAsync(Stop);
        (await ShownAsync(West, name)).ShouldBeNull();
    }

    /// <summary>Conditions that ask for what replication adds: the regions of the request and the primary's region.</summary>
    [Fact]
    public async Task ReplicationKeys_AreThoseOfTheCall()
    {
        var name = NewName();
        await Scene.CreateAsync(Home, name, "v", Stop);
        await PutAsync("ReplicateSecretToRegions", "ForAnyValue:StringEquals", "AddReplicaRegions", Central);
        await DeniedAsync(Home, "ReplicateSecretToRegions", name, Regions(West, Central));
        await PutAsync("ReplicateSecretToRegions", "Bool", "ForceOverwriteReplicaSecret", "false");
        await DeniedAsync(Home, "ReplicateSecretToRegions", name, Regions(West));
        await PutAsync("ReplicateSecretToRegions", "Bool", "ForceOverwriteReplicaSecret", "true");
        await Scene.ReplicateAsync(name, Stop, West);

        await PutAsync("DescribeSecret", "StringEquals", "SecretPrimaryRegion", Home);
        await Scene.SettledAsync(Stop);
        await DeniedAsync(Home, "DescribeSecret", name);
        await DeniedAsync(West, "DescribeSecret", name);

        async Task PutAsync(string operation, string comparison, string key, string value)
        {
            var condition = new JsonObject { [comparison] = new JsonObject { [$"secretsmanager:{key}"] = value } };
            var policy = Denial(operation, "*", condition);
            await Scene.OkAsync(Home, "PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy }, Stop);
        }
    }

    /// <summary>Overwriting deletes. A secret that its policy keeps from being deleted is not overwritten either.</summary>
    [Theory]
    [InlineData("ReplicateSecretToRegions")]
    [InlineData("CreateSecret")]
    public async Task ProtectedSecret_IsNotOverwritten(string operation)
    {
        var name = NewName();
        await Scene.CreateAsync(West, name, "theirs", Stop);
        var condition = new JsonObject { ["Bool"] = new JsonObject { ["secretsmanager:ForceDeleteWithoutRecovery"] = "true" } };
        var policy = Denial("DeleteSecret", "*", condition);
        await Scene.OkAsync(West, "PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy }, Stop);
        if (operation != "CreateSecret") await Scene.CreateAsync(Home, name, "v", Stop);
        var request = new JsonObject
        {
            [operation == "CreateSecret" ? "Name" : "SecretId"] = name,
            ["AddReplicaRegions"] = Regions(Central, West),
            ["ForceOverwriteReplicaSecret"] = true,
        };
        if (operation == "CreateSecret") request["ClientRequestToken"] = NewToken();
        await Scene.FailAsync(Home, operation, request, "AccessDeniedException", Refusal("DeleteSecret", name), Stop);
        await Scene.SettledAsync(Stop);
        (await Scene.ValueAsync(West, name, Stop)).ShouldBe("theirs");
        (await Scene.Server.CallInAsync(Central, "DescribeSecret", new { SecretId = name }, Stop))
            .ErrorCode.ShouldBe("ResourceNotFoundException");

        await Scene.OkAsync(West, "DeleteResourcePolicy", new { SecretId = name }, Stop);
        await Scene.OkAsync(Home, operation, request, Stop);
        await Scene.SettledAsync(Stop);
        (await Scene.DescribeAsync(West, name, Stop))["PrimaryRegion"]!.GetValue<string>().ShouldBe(Home);
    }

    private static JsonArray Regions(params string[] regions) =>
        [.. regions.Select(region => (JsonNode)new JsonObject { ["Region"] = region })];

    private static string Denial(string operation, string resource, JsonObject condition) => new JsonObject
    {
        ["Version"] = "2012-10-17",
        ["Statement"] = new JsonObject
        {
            ["Effect"] = "Deny",
            ["Principal"] = "*",
            ["Action"] = $"secretsmanager:{operation}",
            ["Resource"] = resource,
            ["Condition"] = condition,
        },
    }.ToJsonString();

    private async Task<string?> ShownAsync(string region, string name) =>
        (await Scene.OkAsync(region, "GetResourcePolicy", new { SecretId = name }, Stop))["ResourcePolicy"]?.GetValue<string>();

    private Task DeniedAsync(string region, string operation, string name, JsonArray? regions = null) => Scene.FailAsync(
        region, operation, regions is null ? new { SecretId = name } : new { SecretId = name, AddReplicaRegions = regions },
        "AccessDeniedException", Refusal(operation, name), Stop);

    private static string Refusal(string operation, string name) =>
        $"User: arn:aws:iam::123456789012:root is not authorized to perform: secretsmanager:{operation} on resource: {name}"
        + " with an explicit deny in a resource-based policy";
}
