using System.Text.Json.Nodes;
using Rekey.Server.Tests.Replication;
using Shouldly;
using Xunit;
using static Rekey.Server.Tests.Replication.ReplicationScene;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>ReplicateSecretToRegions and AddReplicaRegions of CreateSecret: what is asked for, refused, shown and tried again.</summary>
public sealed class ReplicateSecretToRegionsTests(ReplicationFixture fixture) : IClassFixture<ReplicationFixture>
{
    private const string InvalidRegion = "Invalid replica region.";

    private readonly ReplicationScene _scene = fixture.Scene;
    private readonly string _name = NewName();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replica_HasTheValueTheArnAndTheMetadataOfItsPrimary()
    {
        var arn = await _scene.CreateAsync(Home, _name, "first", Stop);
        await _scene.OkAsync(Home, "TagResource", new { SecretId = _name, Tags = new[] { new { Key = "team", Value = "blue" } } }, Stop);
        await _scene.OkAsync(
            Home, "UpdateSecret", new { SecretId = _name, Description = "the one", ClientRequestToken = NewToken() }, Stop);
        var second = await _scene.PutAsync(_name, "second", Stop);

        var answer = await _scene.OkAsync(Home, "ReplicateSecretToRegions", Request(West), Stop);
        answer.AsObject().Select(member => member.Key).ShouldBe(["ARN", "ReplicationStatus"]);
        answer["ReplicationStatus"]!.ToJsonString().ShouldBe(
            $$"""[{"KmsKeyId":"{{DefaultKey}}","Region":"{{West}}","Status":"InProgress"}]""");
        await _scene.SettledAsync(Stop);

        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("second");
        var replica = await _scene.DescribeAsync(West, arn.Replace(Home, West, StringComparison.Ordinal), Stop);
        var primary = await _scene.DescribeAsync(Home, _name, Stop);
        replica["ARN"]!.GetValue<string>().ShouldBe(arn.Replace(Home, West, StringComparison.Ordinal));
        replica["PrimaryRegion"]!.GetValue<string>().ShouldBe(Home);
        replica["KmsKeyId"]!.GetValue<string>().ShouldBe(DefaultKey);
        replica["ReplicationStatus"].ShouldBeNull();
        foreach (var same in new[] { "Name", "Description", "Tags", "VersionIdsToStages", "LastChangedDate" })
            replica[same]!.ToJsonString().ShouldBe(primary[same]!.ToJsonString(), same);
        primary["PrimaryRegion"]!.GetValue<string>().ShouldBe(Home);
        primary["KmsKeyId"].ShouldBeNull();
        Statuses(primary).ShouldBe([$"{West} InSync: {Succeeded}"]);
        var versions = await _scene.OkAsync(West, "ListSecretVersionIds", new { SecretId = _name }, Stop);
        versions["Versions"]![1]!["VersionId"]!.GetValue<string>().ShouldBe(second);
        versions["Versions"]![1]!["KmsKeyIds"]!.ToJsonString().ShouldBe("""["DefaultEncryptionKey"]""");
    }

    [Fact]
    public async Task Replica_HasItsOwnDates()
    {
        await using var scene = await StartAsync(Stop);
        await scene.CreateAsync(Home, _name, "first", Stop);
        scene.Server.Clock.Advance(TimeSpan.FromHours(30));
        var replicated = scene.Server.Clock.GetUtcNow();
        await scene.ReplicateAsync(_name, Stop, West, Central);
        scene.Server.Clock.Advance(TimeSpan.FromHours(30));
        await scene.ValueAsync(West, _name, Stop);

        var replica = await scene.DescribeAsync(West, _name, Stop);
        Seconds(replica["CreatedDate"]!).ShouldBe(replicated.ToUnixTimeSeconds());
        var today = new DateTimeOffset(scene.Server.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).ToUnixTimeSeconds();
        Seconds(replica["LastAccessedDate"]!).ShouldBe(today);
        var primary = await scene.DescribeAsync(Home, _name, Stop);
        primary["LastAccessedDate"].ShouldBeNull();
        primary["ReplicationStatus"]![0]!["LastAccessedDate"].ShouldBeNull();
        Seconds(primary["ReplicationStatus"]![1]!["LastAccessedDate"]!).ShouldBe(today);

        // What comes later from the primary leaves both alone.
        await scene.PutAsync(_name, "second", Stop);
        await scene.SettledAsync(Stop);
        replica = await scene.DescribeAsync(West, _name, Stop);
        Seconds(replica["CreatedDate"]!).ShouldBe(replicated.ToUnixTimeSeconds());
        Seconds(replica["LastAccessedDate"]!).ShouldBe(today);
    }

    [Fact]
    public async Task CreateSecret_BeginsReplicationAndTellsOfIt()
    {
        var token = NewToken();
        var request = new
        {
            Name = _name,
            SecretString = "first",
            ClientRequestToken = token,
            AddReplicaRegions = new[] { new { Region = West }, new { Region = Central } },
        };
        var answer = await _scene.OkAsync(Home, "CreateSecret", request, Stop);
        Statuses(answer).ShouldBe([$"{Central} InProgress", $"{West} InProgress"]);
        await _scene.SettledAsync(Stop);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("first");
        (await _scene.ValueAsync(Central, _name, Stop)).ShouldBe("first");

        Statuses(await _scene.OkAsync(Home, "CreateSecret", request, Stop))
            .ShouldBe([$"{Central} InSync: {Succeeded}", $"{West} InSync: {Succeeded}"]);
        await _scene.FailAsync(
            West, "CreateSecret", new { Name = _name, SecretString = "first", ClientRequestToken = token }, "ResourceExistsException",
            $"The operation failed because the secret {_name} already exists.", Stop);
        (await _scene.OkAsync(Home, "CreateSecret", new { Name = NewName(), ClientRequestToken = NewToken() }, Stop))
            ["ReplicationStatus"].ShouldBeNull();
    }

    [Fact]
    public async Task SecretWithoutValue_IsReplicatedWithoutVersions()
    {
        await _scene.OkAsync(Home, "CreateSecret", new { Name = _name, ClientRequestToken = NewToken() }, Stop);
        await _scene.ReplicateAsync(_name, Stop, West);

        (await _scene.DescribeAsync(West, _name, Stop))["VersionIdsToStages"].ShouldBeNull();
        await _scene.FailAsync(
            West, "GetSecretValue", new { SecretId = _name }, "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT", Stop);
    }

    public static TheoryData<string?[], string> BadRegions => new()
    {
        { [Home], InvalidRegion },
        { [West, Home], InvalidRegion },
        { ["us-west-9"], InvalidRegion },
        { [null], InvalidRegion },
        { [West, Central, West], $"The replica region {West} is given more than once." },
    };

    [Theory]
    [MemberData(nameof(BadRegions))]
    public async Task BadRegions_AreRefusedAndNothingIsAdded(string?[] regions, string text)
    {
        await _scene.CreateAsync(Home, _name, "first", Stop);
        var entries = regions.Select(region => new { Region = region });
        await _scene.FailAsync(
            Home, "ReplicateSecretToRegions", new { SecretId = _name, AddReplicaRegions = entries }, "InvalidParameterException", text,
            Stop);
        await _scene.FailAsync(
            Home, "CreateSecret", new { Name = _name + "2", ClientRequestToken = NewToken(), AddReplicaRegions = entries },
            "InvalidParameterException", text, Stop);

        var described = await _scene.DescribeAsync(Home, _name, Stop);
        described["PrimaryRegion"].ShouldBeNull();
        described["ReplicationStatus"].ShouldBeNull();
        (await _scene.Server.CallInAsync(Home, "DescribeSecret", new { SecretId = _name + "2" }, Stop))
            .ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    [Fact]
    public async Task Existence_ComesBeforeStateAndStateBeforeRegions()
    {
        await _scene.FailAsync(
            Home, "ReplicateSecretToRegions", Request(Home), "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.", Stop);
        await _scene.CreateAsync(Home, _name, "first", Stop);
        await _scene.OkAsync(Home, "DeleteSecret", new { SecretId = _name }, Stop);
        await _scene.FailAsync(
            Home, "ReplicateSecretToRegions", Request(Home), "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.", Stop);
    }

    [Fact]
    public async Task TakenName_FailsAndIsTriedAgainByTheSameCall()
    {
        await _scene.CreateAsync(Home, _name, "first", Stop);
        await _scene.CreateAsync(West, _name, "theirs", Stop);
        await _scene.ReplicateAsync(_name, Stop, West, Central);
        var failed = $"{West} Failed: Replication failed: Secret name {_name} already exists in region {West}.";
        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{Central} InSync: {Succeeded}", failed]);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("theirs");

        await _scene.ReplicateAsync(_name, Stop, West);
        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{Central} InSync: {Succeeded}", failed]);

        await _scene.OkAsync(West, "DeleteSecret", new { SecretId = _name, ForceDeleteWithoutRecovery = true }, Stop);
        await _scene.ReplicateAsync(_name, Stop, West);
        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{Central} InSync: {Succeeded}", $"{West} InSync: {Succeeded}"]);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("first");
    }

    [Fact]
    public async Task TakenName_IsTriedAgainWithTheNextChange()
    {
        await _scene.CreateAsync(Home, _name, "first", Stop);
        await _scene.CreateAsync(West, _name, "theirs", Stop);
        await _scene.ReplicateAsync(_name, Stop, West);
        await _scene.OkAsync(West, "DeleteSecret", new { SecretId = _name, ForceDeleteWithoutRecovery = true }, Stop);
        await _scene.PutAsync(_name, "second", Stop);
        await _scene.SettledAsync(Stop);

        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{West} InSync: {Succeeded}"]);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("second");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ForceOverwrite_ReplacesASecretThatStandsAlone(bool isScheduledForDeletion)
    {
        var arn = await _scene.CreateAsync(Home, _name, "first", Stop);
        await _scene.CreateAsync(West, _name, "theirs", Stop);
        if (isScheduledForDeletion) await _scene.OkAsync(West, "DeleteSecret", new { SecretId = _name }, Stop);
        await _scene.OkAsync(Home, "ReplicateSecretToRegions", Request(West, force: true), Stop);
        await _scene.SettledAsync(Stop);

        var replica = await _scene.OkAsync(West, "GetSecretValue", new { SecretId = _name }, Stop);
        replica["SecretString"]!.GetValue<string>().ShouldBe("first");
        replica["ARN"]!.GetValue<string>().ShouldBe(arn.Replace(Home, West, StringComparison.Ordinal));
        (await _scene.DescribeAsync(West, _name, Stop))["DeletedDate"].ShouldBeNull();
    }

    [Fact]
    public async Task ForceOverwrite_NeverReplacesWhatIsReplicatedItself()
    {
        await _scene.CreateAsync(Home, _name, "first", Stop);
        await _scene.CreateAsync(West, _name, "theirs", Stop);
        await _scene.OkAsync(
            West, "ReplicateSecretToRegions", new { SecretId = _name, AddReplicaRegions = new[] { new { Region = Central } } }, Stop);
        await _scene.SettledAsync(Stop);
        await _scene.OkAsync(Home, "ReplicateSecretToRegions", Request([West, Central], force: true), Stop);
        await _scene.SettledAsync(Stop);

        (await _scene.StatusAsync(_name, Stop)).ShouldBe(
            [
                $"{Central} Failed: Replication failed: Secret name {_name} already exists in region {Central}.",
                $"{West} Failed: Replication failed: Secret name {_name} already exists in region {West}.",
            ]);
        (await _scene.ValueAsync(Central, _name, Stop)).ShouldBe("theirs");
    }

    /// <summary>Changes of the primary, above all rotations, try again by themselves. Nobody asked them to overwrite.</summary>
    [Fact]
    public async Task ForceOverwrite_IsForTheCallThatAsksForIt()
    {
        await _scene.CreateAsync(Home, _name, "first", Stop);
        await _scene.CreateAsync(West, _name, "theirs", Stop);
        await _scene.OkAsync(
            West, "ReplicateSecretToRegions", new { SecretId = _name, AddReplicaRegions = new[] { new { Region = Central } } }, Stop);
        await _scene.SettledAsync(Stop);
        await _scene.OkAsync(Home, "ReplicateSecretToRegions", Request(West, force: true), Stop);
        await _scene.SettledAsync(Stop);
        string[] refused = [$"{West} Failed: Replication failed: Secret name {_name} already exists in region {West}."];
        (await _scene.StatusAsync(_name, Stop)).ShouldBe(refused);

        var removal = new { SecretId = _name, RemoveReplicaRegions = new[] { Central } };
        await _scene.OkAsync(West, "RemoveRegionsFromReplication", removal, Stop);
        await _scene.SettledAsync(Stop);
        await _scene.PutAsync(_name, "second", Stop);
        await _scene.SettledAsync(Stop);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("theirs");
        (await _scene.StatusAsync(_name, Stop)).ShouldBe(refused);

        await _scene.OkAsync(Home, "ReplicateSecretToRegions", Request(West, force: true), Stop);
        await _scene.SettledAsync(Stop);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("second");
    }

    [Fact]
    public async Task Key_IsShownAsGivenAndChangedByRemovingAndAdding()
    {
        await _scene.CreateAsync(Home, _name, "first", Stop);
        await _scene.ReplicateAsync(_name, Stop, West);
        var keyArn = _scene.Database.Read(session => session.Find(
            "SELECT key_arn FROM kms_keys WHERE region = @region", row => row.Text(0), ("region", West)))!;

        // The default key by other names, or none: the same key.
        foreach (var same in new[] { null, "", DefaultKey })
            await _scene.OkAsync(Home, "ReplicateSecretToRegions", Request(West, same), Stop);
        await _scene.FailAsync(
            Home, "ReplicateSecretToRegions", Request(West, keyArn), "InvalidParameterException",
            $"The secret is already replicated to {West} with another KMS key. To change the key, remove the replica and add it again.",
            Stop);

        await _scene.OkAsync(Home, "RemoveRegionsFromReplication", new { SecretId = _name, RemoveReplicaRegions = new[] { West } }, Stop);
        await _scene.OkAsync(Home, "ReplicateSecretToRegions", Request(West, keyArn), Stop);
        await _scene.SettledAsync(Stop);
        var primary = await _scene.DescribeAsync(Home, _name, Stop);
        primary["ReplicationStatus"]![0]!["KmsKeyId"]!.GetValue<string>().ShouldBe(keyArn);
        (await _scene.DescribeAsync(West, _name, Stop))["KmsKeyId"]!.GetValue<string>().ShouldBe(keyArn);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("first");
    }

    [Fact]
    public async Task UnknownKey_FailsWithItsTextAndIsTriedAgainWithAnother()
    {
        await _scene.CreateAsync(Home, _name, "first", Stop);
        await _scene.OkAsync(Home, "ReplicateSecretToRegions", Request(West, "alias/nothing"), Stop);
        await _scene.SettledAsync(Stop);
        (await _scene.StatusAsync(_name, Stop)).ShouldBe(
            [$"{West} Failed: Replication failed: The operation failed because of an invalid KMS key: Invalid keyId alias/nothing"]);
        await _scene.FailAsync(
            West, "DescribeSecret", new { SecretId = _name }, "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.", Stop);

        await _scene.OkAsync(Home, "ReplicateSecretToRegions", Request(West, DefaultKey), Stop);
        await _scene.SettledAsync(Stop);
        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{West} InSync: {Succeeded}"]);
    }

    [Fact]
    public async Task List_ShowsAndFindsThePrimaryRegion()
    {
        await using var scene = await StartAsync(Stop);
        await scene.CreateAsync(Home, "alone", "x", Stop);
        await scene.CreateAsync(Home, "replicated", "x", Stop);
        await scene.CreateAsync(West, "alone", "x", Stop);
        await scene.ReplicateAsync("replicated", Stop, West);

        foreach (var region in new[] { Home, West })
        {
            (await ListAsync(scene, region, "primary-region", "us-e")).ShouldBe(["replicated"]);
            (await ListAsync(scene, region, "primary-region", Home)).ShouldBe(["replicated"]);
            (await ListAsync(scene, region, "primary-region", "US-E")).ShouldBeEmpty();
            (await ListAsync(scene, region, "primary-region", "eu-")).ShouldBeEmpty();
            (await ListAsync(scene, region, "primary-region", "!us-east")).ShouldBe(["alone"]);
            (await ListAsync(scene, region, "all", "us east")).ShouldBe(["replicated"]);
        }
        var listed = await scene.OkAsync(West, "ListSecrets", new { Filters = new[] { Filter("name", "rep") } }, Stop);
        listed["SecretList"]![0]!["PrimaryRegion"]!.GetValue<string>().ShouldBe(Home);
        listed["SecretList"]![0]!["ReplicationStatus"].ShouldBeNull();
    }

    private static object Filter(string key, string value) => new { Key = key, Values = new[] { value } };

    private static async Task<IEnumerable<string>> ListAsync(ReplicationScene scene, string region, string key, string value) =>
        (await scene.OkAsync(region, "ListSecrets", new { Filters = new[] { Filter(key, value) } }, Stop))["SecretList"]!.AsArray()
            .Select(entry => entry!["Name"]!.GetValue<string>()).ToArray();

    private object Request(string region, string? key = null, bool force = false) => new
    {
        SecretId = _name,
        AddReplicaRegions = new[] { new { Region = region, KmsKeyId = key } },
        ForceOverwriteReplicaSecret = force,
    };

    private object Request(string[] regions, bool force) => new
    {
        SecretId = _name,
        AddReplicaRegions = regions.Select(region => new { Region = region }),
        ForceOverwriteReplicaSecret = force,
    };

    private static long Seconds(JsonNode date) => (long)date.GetValue<decimal>();
}
