using Rekey.Server.Tests.Replication;
using Shouldly;
using Xunit;
using static Rekey.Server.Tests.Replication.ReplicationScene;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>What a replica refuses and what it serves, operation by operation; and what its primary refuses while it is there.</summary>
public sealed class ReplicaStateTests(ReplicationFixture fixture) : IClassFixture<ReplicationFixture>
{
    private const string NotOnReplica = "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
    private const string NotOnPrimary = "Operation not permitted on a primary secret. Call must be made in replica secret's region.";
    private const string NotFound = "Secrets Manager can't find the specified secret.";
    private const string Marked = "You can't perform this operation on the secret because it was marked for deletion.";
    private const string Function = $"arn:aws:lambda:{West}:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser";

    private const string Policy = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}]}
        """;

    private readonly ReplicationScene _scene = fixture.Scene;
    private readonly string _name = NewName();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Every operation that changes one secret, with a request that would be served on an ordinary one.</summary>
    private static Dictionary<string, object> Writes(string id) => new()
    {
        ["PutSecretValue"] = new { SecretId = id, SecretString = "x", ClientRequestToken = NewToken() },
        ["UpdateSecret"] = new { SecretId = id, Description = "x", ClientRequestToken = NewToken() },
        ["UpdateSecretVersionStage"] = new { SecretId = id, VersionStage = "X", MoveToVersionId = NewToken() },
        ["DeleteSecret"] = new { SecretId = id },
        ["RestoreSecret"] = new { SecretId = id },
        ["TagResource"] = new { SecretId = id, Tags = new[] { new { Key = "a", Value = "b" } } },
        ["UntagResource"] = new { SecretId = id, TagKeys = new[] { "a" } },
        ["RotateSecret"] = new { SecretId = id, RotationLambdaARN = Function, ClientRequestToken = NewToken() },
        ["CancelRotateSecret"] = new { SecretId = id },
        ["PutResourcePolicy"] = new { SecretId = id, ResourcePolicy = Policy },
        ["DeleteResourcePolicy"] = new { SecretId = id },
        ["ReplicateSecretToRegions"] = new { SecretId = id, AddReplicaRegions = new[] { new { Region = South } } },
        ["RemoveRegionsFromReplication"] = new { SecretId = id, RemoveReplicaRegions = new[] { South } },
    };

    public static TheoryData<string> WriteOperations => [.. Writes("x").Keys];

    [Theory]
    [MemberData(nameof(WriteOperations))]
    public async Task Write_IsRefusedOnAReplica(string operation)
    {
        var arn = await ReplicatedAsync();
        foreach (var id in new[] { _name, arn.Replace(Home, West, StringComparison.Ordinal) })
            await _scene.FailAsync(West, operation, Writes(id)[operation], "InvalidParameterException", NotOnReplica, Stop);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("first");
    }

    [Theory]
    [MemberData(nameof(WriteOperations))]
    public async Task Existence_ComesBeforeTheState(string operation) => await _scene.FailAsync(
        West, operation, Writes(_name)[operation], "ResourceNotFoundException", NotFound, Stop);

    [Fact]
    public async Task ForcedDeletion_IsRefusedOnAReplicaToo()
    {
        await ReplicatedAsync();
        await _scene.FailAsync(
            West, "DeleteSecret", new { SecretId = _name, ForceDeleteWithoutRecovery = true }, "InvalidParameterException", NotOnReplica,
            Stop);
    }

    [Theory]
    [InlineData("DescribeSecret")]
    [InlineData("GetSecretValue")]
    [InlineData("ListSecretVersionIds")]
    [InlineData("GetResourcePolicy")]
    public async Task Read_IsServedOnAReplica(string operation)
    {
        var arn = await ReplicatedAsync();
        foreach (var id in new[] { _name, arn.Replace(Home, West, StringComparison.Ordinal) })
            (await _scene.OkAsync(West, operation, new { SecretId = id }, Stop))["ARN"]!.GetValue<string>()
                .ShouldBe(arn.Replace(Home, West, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deletion_IsRefusedWhileThereAreReplicas(bool isForced)
    {
        var arn = await ReplicatedAsync(West, Central);
        await _scene.FailAsync(
            Home, "DeleteSecret", new { SecretId = _name, ForceDeleteWithoutRecovery = isForced }, "InvalidParameterException",
            $"You can't delete secret {arn} that still has replica regions [{Central}, {West}].", Stop);

        await RemoveAsync(Central);
        await _scene.FailAsync(
            Home, "DeleteSecret", new { SecretId = _name, ForceDeleteWithoutRecovery = isForced }, "InvalidParameterException",
            $"You can't delete secret {arn} that still has replica regions [{West}].", Stop);
        await RemoveAsync(West);
        await _scene.OkAsync(Home, "DeleteSecret", new { SecretId = _name, ForceDeleteWithoutRecovery = isForced }, Stop);
    }

    [Fact]
    public async Task Removal_DeletesTheReplicaAndEndsThePrimary()
    {
        await ReplicatedAsync(West, Central);
        var answer = await RemoveAsync(South, West);
        answer.AsObject().Select(member => member.Key).ShouldBe(["ARN", "ReplicationStatus"]);
        Statuses(answer).ShouldBe([$"{Central} InSync: {Succeeded}"]);
        await _scene.SettledAsync(Stop);
        await _scene.FailAsync(West, "DescribeSecret", new { SecretId = _name }, "ResourceNotFoundException", NotFound, Stop);
        (await _scene.ValueAsync(Central, _name, Stop)).ShouldBe("first");
        (await _scene.DescribeAsync(Home, _name, Stop))["PrimaryRegion"]!.GetValue<string>().ShouldBe(Home);

        (await RemoveAsync(Central, "us-west-9"))["ReplicationStatus"]!.ToJsonString().ShouldBe("[]");
        var primary = await _scene.DescribeAsync(Home, _name, Stop);
        primary["PrimaryRegion"].ShouldBeNull();
        primary["ReplicationStatus"].ShouldBeNull();
        (await RemoveAsync(Central))["ReplicationStatus"]!.ToJsonString().ShouldBe("[]");
        await _scene.FailAsync(
            Home, "RemoveRegionsFromReplication", new { SecretId = _name, RemoveReplicaRegions = new[] { West, Home } },
            "InvalidParameterException", "Invalid replica region.", Stop);
    }

    [Fact]
    public async Task RemovedRegion_CanBeAddedAgain()
    {
        await ReplicatedAsync();
        for (var round = 0; round < 3; round++)
        {
            await RemoveAsync(West);
            if (round == 1) await _scene.SettledAsync(Stop);
            var value = await _scene.PutAsync(_name, $"round {round}", Stop);
            await _scene.ReplicateAsync(_name, Stop, West);
            (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{West} InSync: {Succeeded}"]);
            (await _scene.OkAsync(West, "GetSecretValue", new { SecretId = _name }, Stop))["VersionId"]!.GetValue<string>().ShouldBe(value);
        }
    }

    [Fact]
    public async Task Promoted_IsASecretOfItsOwn()
    {
        var arn = await ReplicatedAsync(West, Central);
        var answer = await _scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = _name }, Stop);
        answer.ToJsonString().ShouldBe($$"""{"ARN":"{{arn.Replace(Home, West, StringComparison.Ordinal)}}"}""");
        (await _scene.DescribeAsync(West, _name, Stop))["PrimaryRegion"].ShouldBeNull();
        await _scene.OkAsync(
            West, "PutSecretValue", new { SecretId = _name, SecretString = "its own", ClientRequestToken = NewToken() }, Stop);
        await _scene.PutAsync(_name, "the primary's", Stop);
        await _scene.SettledAsync(Stop);

        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("its own");
        (await _scene.ValueAsync(Central, _name, Stop)).ShouldBe("the primary's");
        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{Central} InSync: {Succeeded}"]);

        // It may have replicas itself, and the primary may not have it back unasked.
        await _scene.OkAsync(
            West, "ReplicateSecretToRegions", new { SecretId = _name, AddReplicaRegions = new[] { new { Region = South } } }, Stop);
        await _scene.ReplicateAsync(_name, Stop, West);
        (await _scene.ValueAsync(South, _name, Stop)).ShouldBe("its own");
        (await _scene.StatusAsync(_name, Stop))[1].ShouldStartWith($"{West} Failed: ");
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("its own");
    }

    [Fact]
    public async Task PromotionOfTheLastReplica_EndsThePrimary()
    {
        await ReplicatedAsync();
        await _scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = _name }, Stop);
        await _scene.SettledAsync(Stop);

        (await _scene.DescribeAsync(Home, _name, Stop))["PrimaryRegion"].ShouldBeNull();
        (await _scene.DescribeAsync(Home, _name, Stop))["ReplicationStatus"].ShouldBeNull();
        await _scene.OkAsync(Home, "DeleteSecret", new { SecretId = _name, ForceDeleteWithoutRecovery = true }, Stop);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("first");
        await _scene.OkAsync(West, "DeleteSecret", new { SecretId = _name }, Stop);
    }

    [Fact]
    public async Task PromotedAndOverwrittenByForce_IsAReplicaAgain()
    {
        await ReplicatedAsync();
        await _scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = _name }, Stop);
        await _scene.OkAsync(
            Home, "ReplicateSecretToRegions",
            new { SecretId = _name, AddReplicaRegions = new[] { new { Region = West } }, ForceOverwriteReplicaSecret = true }, Stop);
        await _scene.SettledAsync(Stop);

        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{West} InSync: {Succeeded}"]);
        (await _scene.DescribeAsync(West, _name, Stop))["PrimaryRegion"]!.GetValue<string>().ShouldBe(Home);
    }

    [Fact]
    public async Task PromotedSecret_CanTakeTheFormerPrimarysPlace()
    {
        await ReplicatedAsync();
        await _scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = _name }, Stop);
        await _scene.SettledAsync(Stop);
        for (var round = 0; round < 2; round++)
        {
            var (from, to) = round == 0 ? (West, Home) : (Home, West);
            await _scene.OkAsync(
                from, "ReplicateSecretToRegions",
                new { SecretId = _name, AddReplicaRegions = new[] { new { Region = to } }, ForceOverwriteReplicaSecret = true }, Stop);
            await _scene.SettledAsync(Stop);
            (await _scene.DescribeAsync(to, _name, Stop))["PrimaryRegion"]!.GetValue<string>().ShouldBe(from);
            await _scene.OkAsync(
                from, "PutSecretValue", new { SecretId = _name, SecretString = $"round {round}", ClientRequestToken = NewToken() }, Stop);
            await _scene.SettledAsync(Stop);
            (await _scene.ValueAsync(to, _name, Stop)).ShouldBe($"round {round}");
            await _scene.OkAsync(to, "StopReplicationToReplica", new { SecretId = _name }, Stop);
            await _scene.SettledAsync(Stop);
        }
    }

    [Fact]
    public async Task Promotion_IsForReplicasAlone()
    {
        await _scene.FailAsync(West, "StopReplicationToReplica", new { SecretId = _name }, "ResourceNotFoundException", NotFound, Stop);
        await ReplicatedAsync();
        await _scene.FailAsync(
            Home, "StopReplicationToReplica", new { SecretId = _name }, "InvalidParameterException", NotOnPrimary, Stop);
        await _scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = _name }, Stop);
        await _scene.FailAsync(
            West, "StopReplicationToReplica", new { SecretId = _name }, "InvalidParameterException", NotOnPrimary, Stop);
        await _scene.OkAsync(West, "DeleteSecret", new { SecretId = _name }, Stop);
        await _scene.FailAsync(West, "StopReplicationToReplica", new { SecretId = _name }, "InvalidRequestException", Marked, Stop);
    }

    private async Task<string> ReplicatedAsync(params string[] regions)
    {
        await _scene.CreateAsync(Home, _name, "first", Stop);
        return await _scene.ReplicateAsync(_name, Stop, regions.Length == 0 ? [West] : regions);
    }

    private Task<System.Text.Json.Nodes.JsonNode> RemoveAsync(params string[] regions) => _scene.OkAsync(
        Home, "RemoveRegionsFromReplication", new { SecretId = _name, RemoveReplicaRegions = regions }, Stop);
}
