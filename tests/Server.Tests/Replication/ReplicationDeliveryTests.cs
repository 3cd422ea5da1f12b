using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rekey.Server.Replication;
using Rekey.Server.Rotation;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;
using static Rekey.Server.Tests.Replication.ReplicationScene;

namespace Rekey.Server.Tests.Replication;

/// <summary>From the change of a primary to its replicas: what is sent, what happens when it does not get through, late or twice.</summary>
public sealed class ReplicationDeliveryTests : IAsyncLifetime
{
    private const string Policy = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}]}
        """;

    private readonly string _name = NewName();
    private ReplicationScene _scene = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ScriptedTransport Transport => (ScriptedTransport)_scene.Server.Services.GetRequiredService<IReplicationTransport>();

    private ScriptedTarget Target => (ScriptedTarget)_scene.Server.Services.GetRequiredService<IRotationTarget>();

    public async ValueTask InitializeAsync()
    {
        _scene = await StartAsync(Stop, new TestServerOptions
        {
            Services = services =>
            {
                ScriptedTransport.Install(services);
                services.Replace(ServiceDescriptor.Singleton<IRotationTarget, ScriptedTarget>());
            },
        });
        await _scene.CreateAsync(Home, _name, "first", Stop);
    }

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task EveryChange_RaisesTheRevisionAndReachesTheReplica()
    {
        var arn = await _scene.ReplicateAsync(_name, Stop, West);
        var version = await _scene.PutAsync(_name, "second", Stop);
        await _scene.SettledAsync(Stop);
        (string Operation, object Request)[] changes =
        [
            (
                "PutSecretValue",
                new { SecretId = _name, SecretString = "x", ClientRequestToken = NewToken(), VersionStages = new[] { "X" } }
            ),
            ("UpdateSecret", new { SecretId = _name, Description = "new", ClientRequestToken = NewToken() }),
            ("UpdateSecret", new { SecretId = _name, SecretString = "y", ClientRequestToken = NewToken() }),
            ("UpdateSecretVersionStage", new { SecretId = _name, VersionStage = "Y", MoveToVersionId = version }),
            ("TagResource", new { SecretId = _name, Tags = new[] { new { Key = "a", Value = "b" } } }),
            ("PutResourcePolicy", new { SecretId = _name, ResourcePolicy = Policy }),
            ("UntagResource", new { SecretId = _name, TagKeys = new[] { "a" } }),
            ("RotateSecret", new { SecretId = _name, RotationLambdaARN = RotationScene.FunctionArn, ClientRequestToken = NewToken() }),
            ("CancelRotateSecret", new { SecretId = _name }),
        ];
        foreach (var (operation, request) in changes)
        {
            var before = Revision(arn, West);
            await _scene.OkAsync(Home, operation, request, Stop);
            Revision(arn, West).ShouldBeGreaterThan(before, operation);
            await UntilIdleAsync();
            await _scene.SettledAsync(Stop);
            await EqualAsync(West);
        }
    }

    [Fact]
    public async Task Reading_RaisesNothingAndASecretAloneHasNoLink()
    {
        var arn = await _scene.ReplicateAsync(_name, Stop, West);
        var before = Revision(arn, West);
        foreach (var operation in new[] { "GetSecretValue", "DescribeSecret", "ListSecretVersionIds" })
            await _scene.OkAsync(Home, operation, new { SecretId = _name }, Stop);
        Revision(arn, West).ShouldBe(before);

        var alone = NewName();
        await _scene.CreateAsync(Home, alone, "x", Stop);
        await _scene.PutAsync(alone, "y", Stop);
        _scene.Database.Read(session => session.Find("SELECT COUNT(*) FROM replication_links", row => row.Number(0))).ShouldBe(1);
    }

    [Fact]
    public async Task BrokenLine_IsTriedAgainWithGrowingPausesAndTheNewestState()
    {
        await _scene.ReplicateAsync(_name, Stop, West);
        Transport.IsDown = true;
        await _scene.PutAsync(_name, "second", Stop);
        await UntilAsync(() => Pauses().Length >= 10);
        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{West} InProgress"]);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("first");
        Pauses().Take(10).ShouldBe([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);

        Transport.IsDown = false;
        await _scene.PutAsync(_name, "third", Stop);
        await _scene.SettledAsync(Stop);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("third");
        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{West} InSync: {Succeeded}"]);
    }

    [Fact]
    public async Task ClockSetBack_DoesNotHoldUpADelivery()
    {
        await _scene.ReplicateAsync(_name, Stop, West);
        Transport.IsDown = true;
        await _scene.PutAsync(_name, "second", Stop);
        await UntilAsync(() => Pauses().Length > 0);
        Transport.IsDown = false;
        var clock = _scene.Server.Clock;
        clock.JumpTo(clock.GetUtcNow() - TimeSpan.FromDays(1));
        for (var minute = 0; minute < 10 && await _scene.ValueAsync(West, _name, Stop) == "first"; minute++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        }
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("second");
    }

    /// <summary>A name that one call makes free and the next one needs.</summary>
    [Fact]
    public async Task Removal_GoesBeforeWhatNeedsItsName()
    {
        var addition = new { SecretId = _name, AddReplicaRegions = new[] { new { Region = West } } };
        await _scene.CreateAsync(South, _name, "the other's", Stop);
        await _scene.OkAsync(South, "ReplicateSecretToRegions", addition, Stop);
        await _scene.SettledAsync(Stop);
        await _scene.OkAsync(South, "RemoveRegionsFromReplication", new { SecretId = _name, RemoveReplicaRegions = new[] { West } }, Stop);
        await _scene.SettledAsync(Stop);
        await _scene.ReplicateAsync(_name, Stop, West);

        // The worker waits with a snapshot in its hands while both are asked for.
        Transport.Hold = new TaskCompletionSource();
        await _scene.PutAsync(_name, "on its way", Stop);
        await UntilAsync(() => Transport.Sent.Last().Secret.Versions.Length == 2);
        await _scene.OkAsync(Home, "RemoveRegionsFromReplication", new { SecretId = _name, RemoveReplicaRegions = new[] { West } }, Stop);
        await _scene.OkAsync(South, "ReplicateSecretToRegions", addition, Stop);
        Transport.Hold.SetResult();
        await _scene.SettledAsync(Stop);

        Statuses(await _scene.DescribeAsync(South, _name, Stop)).ShouldBe([$"{West} InSync: {Succeeded}"]);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("the other's");
    }

    /// <summary>Two nodes may deliver the same revision; the one that was refused may be the later one to say so.</summary>
    [Fact]
    public async Task Refusal_ThatComesLateDoesNotOutweighSuccess()
    {
        var arn = await _scene.ReplicateAsync(_name, Stop, West);
        await _scene.Database.WriteAsync(
            session =>
            {
                ReplicationLinks.Acknowledge(
                    session, ReplicationLinks.Find(session, arn, West)!, ReplicationStatus.Failed, "Replication failed: late");
                return true;
            },
            Stop);
        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{West} InSync: {Succeeded}"]);
    }

    [Fact]
    public async Task BrokenLine_OfOneRegionDoesNotHoldUpAnother()
    {
        await _scene.ReplicateAsync(_name, Stop, West, Central);
        Transport.Hold = new TaskCompletionSource();
        await _scene.PutAsync(_name, "second", Stop);
        await UntilAsync(() => Transport.Sent.Count == 4);
        Transport.Sent.TakeLast(2).Select(snapshot => snapshot.Link.Region).Order().ShouldBe([Central, West]);
        Transport.Hold.SetResult();
        await _scene.SettledAsync(Stop);
    }

    [Fact]
    public async Task LostAnswer_IsAskedForAgainAndNothingIsAppliedTwice()
    {
        Transport.LosesAnswers = true;
        await _scene.OkAsync(
            Home, "ReplicateSecretToRegions", new { SecretId = _name, AddReplicaRegions = new[] { new { Region = West } } }, Stop);
        await UntilAsync(() => Pauses().Length >= 3);
        Transport.LosesAnswers = false;
        await UntilAsync(() => _scene.Database.Read(session => ReplicationLinks.NextMoment(session)) is null);

        (await _scene.StatusAsync(_name, Stop)).ShouldBe([$"{West} InSync: {Succeeded}"]);
        Events("ReplicationSucceeded").ShouldBe([West]);
        await EqualAsync(West);
    }

    [Fact]
    public async Task Promotion_WinsAgainstASnapshotOnItsWay()
    {
        await _scene.ReplicateAsync(_name, Stop, West);
        Transport.Hold = new TaskCompletionSource();
        await _scene.PutAsync(_name, "on its way", Stop);
        await UntilAsync(() => Transport.Sent.Count == 2);

        await _scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = _name }, Stop);
        await _scene.OkAsync(
            West, "PutSecretValue", new { SecretId = _name, SecretString = "its own", ClientRequestToken = NewToken() }, Stop);
        Transport.Hold.SetResult();
        await _scene.SettledAsync(Stop);

        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe("its own");
        (await _scene.DescribeAsync(Home, _name, Stop))["PrimaryRegion"].ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Removal_IsNotUndoneByASnapshotOnItsWay(bool primaryGoesToo)
    {
        await _scene.ReplicateAsync(_name, Stop, West);
        await _scene.PutAsync(_name, "late", Stop);
        await _scene.SettledAsync(Stop);
        await _scene.OkAsync(Home, "RemoveRegionsFromReplication", new { SecretId = _name, RemoveReplicaRegions = new[] { West } }, Stop);
        if (primaryGoesToo)
            await _scene.OkAsync(Home, "DeleteSecret", new { SecretId = _name, ForceDeleteWithoutRecovery = true }, Stop);
        await _scene.SettledAsync(Stop);

        foreach (var late in Transport.Sent) await Transport.ApplyAsync(late, Stop);
        (await _scene.Server.CallInAsync(West, "DescribeSecret", new { SecretId = _name }, Stop))
            .ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    [Fact]
    public async Task VersionMadeAgainUnderItsId_IsReplacedOnTheReplica()
    {
        var arn = await _scene.ReplicateAsync(_name, Stop, West);
        var token = await _scene.PutAsync(_name, "one", Stop, "X");
        await _scene.SettledAsync(Stop);
        Transport.Hold = new TaskCompletionSource();
        await _scene.Database.WriteAsync(
            session =>
            {
                SecretStore.DeleteVersion(session, arn, token);
                return true;
            },
            Stop);
        await _scene.OkAsync(
            Home, "PutSecretValue",
            new { SecretId = _name, SecretString = "two", ClientRequestToken = token, VersionStages = new[] { "X" } }, Stop);
        Transport.Hold.SetResult();
        await _scene.SettledAsync(Stop);
        await EqualAsync(West);
    }

    [Fact]
    public async Task PendingVersion_IsReplicatedOnceItHasAValue()
    {
        await _scene.ReplicateAsync(_name, Stop, West);
        Target.HoldSetSecret = new TaskCompletionSource();
        var token = NewToken();
        await _scene.OkAsync(
            Home, "RotateSecret",
            new { SecretId = _name, RotationLambdaARN = RotationScene.FunctionArn, ClientRequestToken = token }, Stop);
        await UntilAsync(() => Target.Steps.Any(step => step.Step == "setSecret"));
        await _scene.SettledAsync(Stop);
        var pending = await _scene.OkAsync(West, "GetSecretValue", new { SecretId = _name, VersionStage = "AWSPENDING" }, Stop);
        pending["VersionId"]!.GetValue<string>().ShouldBe(token);
        pending["SecretString"]!.GetValue<string>().ShouldBe($"rotated {token}");

        Target.HoldSetSecret.SetResult();
        await UntilIdleAsync();
        await _scene.SettledAsync(Stop);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe($"rotated {token}");
        await EqualAsync(West);
    }

    [Fact]
    public async Task VersionWithoutValue_IsNotReplicated()
    {
        var arn = await _scene.ReplicateAsync(_name, Stop, West);
        var token = NewToken();
        await _scene.Database.WriteAsync(
            session =>
            {
                var secret = SecretStore.FindByArn(session, arn)!;
                var placeholder = new SecretVersion
                {
                    VersionId = token,
                    CreatedDate = _scene.Server.Clock.GetUtcNow(),
                    Sequence = secret.NextSequence,
                };
                SecretStore.InsertVersion(session, arn, placeholder, ciphertext: null);
                SecretStore.WriteLabels(session, arn, secret.Labels, secret.Labels.Attach(StagingLabels.Pending, token));
                return true;
            },
            Stop);
        await _scene.SettledAsync(Stop);

        (await _scene.DescribeAsync(Home, _name, Stop))["VersionIdsToStages"]![token].ShouldNotBeNull();
        (await _scene.DescribeAsync(West, _name, Stop))["VersionIdsToStages"]![token].ShouldBeNull();
    }

    [Fact]
    public async Task Rotation_IsShownOnTheReplicaAndNeverRunsThere()
    {
        await _scene.ReplicateAsync(_name, Stop, West);
        await _scene.OkAsync(
            Home, "RotateSecret",
            new
            {
                SecretId = _name,
                RotationLambdaARN = RotationScene.FunctionArn,
                ClientRequestToken = NewToken(),
                RotationRules = new { AutomaticallyAfterDays = 1 },
            },
            Stop);
        await UntilIdleAsync();
        await _scene.SettledAsync(Stop);
        var (primary, replica) = (await _scene.DescribeAsync(Home, _name, Stop), await _scene.DescribeAsync(West, _name, Stop));
        foreach (var same in new[] { "RotationEnabled", "RotationLambdaARN", "RotationRules", "LastRotatedDate", "NextRotationDate" })
            replica[same]!.ToJsonString().ShouldBe(primary[same]!.ToJsonString(), same);
        DueRegions().ShouldBe([Home]);

        await _scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = _name }, Stop);
        replica = await _scene.DescribeAsync(West, _name, Stop);
        replica["RotationEnabled"]!.GetValue<bool>().ShouldBeFalse();
        replica["NextRotationDate"].ShouldBeNull();
        DueRegions().ShouldBe([Home]);
    }

    [Fact]
    public async Task Values_AreNowhereInPlaintext()
    {
        var canary = new Canary();
        foreach (var region in new[] { West, Central }) await _scene.ReplicateAsync(_name, Stop, region);
        for (var round = 0; round < 3; round++) await _scene.PutAsync(_name, canary.Plant(), Stop);
        Transport.IsDown = true;
        await _scene.PutAsync(_name, canary.Plant(), Stop);
        await UntilAsync(() => Pauses().Length >= 2);
        Transport.IsDown = false;
        var last = canary.Plant();
        await _scene.PutAsync(_name, last, Stop);
        await _scene.SettledAsync(Stop);
        await _scene.OkAsync(West, "StopReplicationToReplica", new { SecretId = _name }, Stop);
        (await _scene.ValueAsync(West, _name, Stop)).ShouldBe(last);

        (await canary.FindLeaksAsync(_scene.Server, Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Records_TellOfEachReplicaAndOfRefusals()
    {
        await _scene.CreateAsync(Central, _name, "theirs", Stop);
        await _scene.ReplicateAsync(_name, Stop, West, Central);
        await _scene.OkAsync(Home, "RemoveRegionsFromReplication", new { SecretId = _name, RemoveReplicaRegions = new[] { West } }, Stop);
        await _scene.SettledAsync(Stop);

        Events("ReplicationSucceeded").ShouldBe([West]);
        Events("ReplicationFailed").ShouldBe([Home]);
        Events("EndSecretVersionDelete").ShouldBe([West]);
    }

    [Fact]
    public async Task KilledServer_GoesOnWhereItWas()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-test-").FullName;
        try
        {
            var options = new TestServerOptions { DataDirectory = directory, Services = ScriptedTransport.Install };
            await using (var first = await StartAsync(Stop, options))
            {
                await first.CreateAsync(Home, _name, "first", Stop);
                ((ScriptedTransport)first.Server.Services.GetRequiredService<IReplicationTransport>()).IsDown = true;
                await first.OkAsync(
                    Home, "ReplicateSecretToRegions", new { SecretId = _name, AddReplicaRegions = new[] { new { Region = West } } }, Stop);
            }
            await using var second = await StartAsync(Stop, options);
            while (second.Database.Read(ReplicationLinks.NextMoment) is not null)
            {
                second.Server.Clock.Advance(TimeSpan.FromMinutes(1));
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Stop);
            }
            (await second.ValueAsync(West, _name, Stop)).ShouldBe("first");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private long Revision(string arn, string region) =>
        _scene.Database.Read(session => ReplicationLinks.Find(session, arn, region))!.Revision;

    private double[] Pauses() =>
    [
        .. _scene.Server.Logs.Entries.Where(entry => entry.Message.Contains("did not get through", StringComparison.Ordinal))
            .Select(entry => double.Parse(entry.Message.Split(' ')[^2], System.Globalization.CultureInfo.InvariantCulture)),
    ];

    private List<string> Events(string name) => _scene.Database.Read(session => session.Query(
        "SELECT region FROM audit_events WHERE event_name = @name ORDER BY at", row => row.Text(0), ("name", name)));

    private List<string> DueRegions() => _scene.Database.Read(session => session.Query(
        "SELECT region FROM secrets WHERE rotation_due_at IS NOT NULL", row => row.Text(0)));

    private async Task EqualAsync(string region)
    {
        foreach (var operation in new[] { "ListSecretVersionIds", "DescribeSecret", "GetResourcePolicy" })
            (await ShownAsync(region, operation)).ShouldBe(await ShownAsync(Home, operation), operation);
        foreach (var version in (await _scene.OkAsync(Home, "ListSecretVersionIds", All, Stop))["Versions"]!.AsArray())
        {
            var id = version!["VersionId"]!.GetValue<string>();
            var request = new { SecretId = _name, VersionId = id };
            (await _scene.OkAsync(region, "GetSecretValue", request, Stop))["SecretString"]!.GetValue<string>()
                .ShouldBe((await _scene.OkAsync(Home, "GetSecretValue", request, Stop))["SecretString"]!.GetValue<string>());
        }
    }

    private object All => new { SecretId = _name, IncludeDeprecated = true };

    /// <summary>The answer without what each region has of its own.</summary>
    private async Task<string> ShownAsync(string region, string operation)
    {
        var request = operation == "ListSecretVersionIds" ? All : new { SecretId = _name };
        var answer = (await _scene.OkAsync(region, operation, request, Stop)).AsObject();
        foreach (var own in new[] { "ARN", "CreatedDate", "KmsKeyId", "LastAccessedDate", "ReplicationStatus" }) answer.Remove(own);
        foreach (var version in answer["Versions"]?.AsArray() ?? []) version!.AsObject().Remove("LastAccessedDate");
        return answer.ToJsonString();
    }

    private Task UntilIdleAsync() => UntilAsync(
        () => _scene.Database.Read(session => session.Find("SELECT COUNT(*) FROM rotations", row => row.Number(0))) == 0);

    /// <summary>Waits, in real time, while the server's clock goes on.</summary>
    private async Task UntilAsync(Func<bool> reached)
    {
        while (!reached())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Stop);
            if (Transport.IsDown || Transport.LosesAnswers || Pauses().Length > 0) _scene.Server.Clock.Advance(TimeSpan.FromSeconds(20));
        }
    }
}
