using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rekey.Server.Kms;
using Rekey.Server.Replication;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;
using static Rekey.Server.Tests.Replication.ReplicationScene;

namespace Rekey.Server.Tests.Replication;

/// <summary>
/// Changes of a primary, deliveries, and snapshots that arrive late, twice, out of order or never, in random sequences. At every moment a
/// replica that is said to be in sync equals its primary, a promoted secret is what its owner made of it, and in the end all are in sync.
/// </summary>
public sealed class ReplicationProperties : IAsyncLifetime
{
    private const int Runs = 60;
    private const int Steps = 40;

    private ReplicationScene _scene = null!;
    private int _comparisons;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _scene = await StartAsync(
        Stop, new TestServerOptions
        {
            Services = services => services.Replace(ServiceDescriptor.Singleton<IReplicationTransport, NoWay>()),
        });

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public void InSync_MeansEqual()
    {
        var step = from what in Gen.Choose(0, 15)
                   from region in Gen.Elements(West, Central)
                   from number in Gen.Choose(0, 1_000_000)
                   select new Step(what, region, number);
        Prop.ForAll(step.ArrayOf(Steps).ToArbitrary(), steps => RunAsync(steps).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));
        // The property would hold where nothing is ever in sync.
        _comparisons.ShouldBeGreaterThan(Runs * 5);
    }

    private async Task RunAsync(Step[] steps)
    {
        var run = new Run(_scene, NewName());
        await run.BeginAsync();
        foreach (var step in steps)
        {
            await run.PerformAsync(step);
            _comparisons += run.Compare();
        }
        await run.DeliverAllAsync();
        run.Compare().ShouldBe(run.Active, "all are in sync in the end");
    }

    private sealed record Step(int What, string Region, int Number);

    /// <summary>The server's own worker gets nothing through: every delivery here is the test's.</summary>
    private sealed class NoWay : IReplicationTransport
    {
        public Task<ReplicationOutcome> ApplyAsync(ReplicaSnapshot snapshot, CancellationToken cancellationToken) =>
            throw new IOException();

        public Task RemoveAsync(ReplicationLink link, CancellationToken cancellationToken) => throw new IOException();

        public Task DetachAsync(ReplicationLink link, CancellationToken cancellationToken) => throw new IOException();
    }

    private sealed class Run(ReplicationScene scene, string name)
    {
        private readonly LocalTransport _transport = ActivatorUtilities.CreateInstance<LocalTransport>(scene.Server.Services);
        private readonly EnvelopeCipher _cipher = scene.Server.Services.GetRequiredService<EnvelopeCipher>();
        private readonly List<ReplicaSnapshot> _onTheWay = [];
        private readonly List<string> _versions = [];
        private readonly Dictionary<string, string> _promoted = [];
        private string _arn = "";

        public int Active => scene.Database.Read(session => ReplicationLinks.Active(session, _arn)).Count;

        public async Task BeginAsync()
        {
            _arn = await scene.CreateAsync(Home, name, "first", Stop);
            await AddAsync(West);
            await AddAsync(Central);
        }

        public Task PerformAsync(Step step)
        {
            scene.Server.Clock.Advance(TimeSpan.FromMilliseconds(step.Number % 3));
            return step.What switch
            {
                0 => PutAsync(step, "AWSCURRENT"),
                1 => PutAsync(step, "AWSPENDING"),
                2 => PutAsync(step, "A", "B"),
                3 => MoveCurrentAsync(step),
                4 => CallAsync("TagResource", new { SecretId = name, Tags = new[] { new { Key = "k", Value = $"{step.Number}" } } }),
                5 => CallAsync("UntagResource", new { SecretId = name, TagKeys = new[] { "k" } }),
                6 => CallAsync(
                    "UpdateSecret", new { SecretId = name, Description = $"{step.Number}", ClientRequestToken = NewToken() }),
                7 => DeleteVersionAsync(step),
                8 => TakeAsync(step.Region),
                9 or 10 => DeliverAsync(step.Region),
                11 => ArriveAsync(step, isAnswered: false),
                12 => ArriveAsync(step, isAnswered: true),
                13 => RemoveOrAddAsync(step),
                14 => step.Number % 4 == 0 ? PromoteAsync(step.Region) : DeliverAsync(step.Region),
                _ => LoseAllOnTheWayAsync(),
            };
        }

        /// <summary>What a restart begins with.</summary>
        public async Task DeliverAllAsync()
        {
            _onTheWay.Clear();
            foreach (var region in new[] { West, Central }) await DeliverAsync(region);
        }

        /// <summary>Holds every replica that is in sync against the primary; how many there were.</summary>
        public int Compare() => scene.Database.Read(session =>
        {
            var links = ReplicationLinks.Active(session, _arn).Where(link => link.Status == ReplicationStatus.InSync).ToList();
            var expected = Content(session, _arn);
            foreach (var link in links) Content(session, link.ReplicaArn).ShouldBe(expected, link.Region);
            foreach (var (region, content) in _promoted)
                Content(session, ReplicationLink.ArnIn(_arn, region)).ShouldBe(content, $"promoted in {region}");
            return links.Count;
        });

        private async Task PutAsync(Step step, params string[] stages)
        {
            // Sometimes under the id of a version that was removed.
            var token = step.Number % 3 == 0 && _versions.Count > 0 ? _versions[step.Number % _versions.Count] : NewToken();
            var request = new { SecretId = name, SecretString = $"{step.Number}", ClientRequestToken = token, VersionStages = stages };
            if ((await CallAsync("PutSecretValue", request)).IsSuccess) _versions.Add(token);
        }

        private async Task MoveCurrentAsync(Step step)
        {
            var current = scene.Database.Read(session => SecretStore.FindByArn(session, _arn))!.FindLabelled("AWSCURRENT")!.VersionId;
            var target = _versions.Count == 0 ? current : _versions[step.Number % _versions.Count];
            await CallAsync(
                "UpdateSecretVersionStage",
                new { SecretId = name, VersionStage = "AWSCURRENT", RemoveFromVersionId = current, MoveToVersionId = target });
        }

        /// <summary>As the end of a rotation that came to nothing does.</summary>
        private async Task DeleteVersionAsync(Step step) => await scene.Database.WriteAsync(
            session =>
            {
                var secret = SecretStore.FindByArn(session, _arn)!;
                var version = secret.Versions[step.Number % secret.Versions.Length];
                if (version.Stages.Contains("AWSCURRENT")) return false;
                SecretStore.DeleteVersion(session, _arn, version.VersionId);
                return true;
            },
            Stop);

        private Task TakeAsync(string region)
        {
            if (scene.Database.Read(session => ReplicaSnapshot.Take(session, _cipher, _arn, region)) is { } snapshot)
                _onTheWay.Add(snapshot);
            return Task.CompletedTask;
        }

        private async Task ArriveAsync(Step step, bool isAnswered)
        {
            if (_onTheWay.Count == 0) return;
            var snapshot = _onTheWay[step.Number % _onTheWay.Count];
            var outcome = await _transport.ApplyAsync(snapshot, Stop);
            if (isAnswered) await AnswerAsync(snapshot, outcome);
        }

        private async Task AnswerAsync(ReplicaSnapshot snapshot, ReplicationOutcome outcome) => await scene.Database.WriteAsync(
            session =>
            {
                var link = snapshot.Link;
                if (outcome.Status is { } status) ReplicationLinks.Acknowledge(session, link, status, outcome.Message);
                else Primary.Forget(session, link.PrimaryArn, link.Region, link.Revision);
                return true;
            },
            Stop);

        private async Task DeliverAsync(string region)
        {
            if (scene.Database.Read(session => ReplicationLinks.Find(session, _arn, region)) is not { DueDate: not null } link) return;
            var delivery = ActivatorUtilities.CreateInstance<ReplicationDelivery>(scene.Server.Services, _transport);
            await delivery.DeliverAsync(link, Stop);
        }

        private async Task RemoveOrAddAsync(Step step)
        {
            if (step.Number % 2 == 0) await AddAsync(step.Region);
            else await CallAsync("RemoveRegionsFromReplication", new { SecretId = name, RemoveReplicaRegions = new[] { step.Region } });
        }

        private async Task AddAsync(string region)
        {
            await CallAsync(
                "ReplicateSecretToRegions",
                new { SecretId = name, AddReplicaRegions = new[] { new { Region = region } }, ForceOverwriteReplicaSecret = true });
            // From now on it may be overwritten: that was asked for.
            _promoted.Remove(region);
        }

        private async Task PromoteAsync(string region)
        {
            var answer = await scene.Server.CallInAsync(region, "StopReplicationToReplica", new { SecretId = name }, Stop);
            if (answer.IsSuccess)
                _promoted[region] = scene.Database.Read(session => Content(session, ReplicationLink.ArnIn(_arn, region)));
        }

        private Task LoseAllOnTheWayAsync()
        {
            _onTheWay.Clear();
            return Task.CompletedTask;
        }

        private Task<Answer> CallAsync(string operation, object request) => scene.Server.CallInAsync(Home, operation, request, Stop);

        /// <summary>All that a replica has in common with its primary, values included.</summary>
        private string Content(Session session, string arn)
        {
            var secret = SecretStore.FindByArn(session, arn).ShouldNotBeNull(arn);
            var tags = secret.Tags is { } given ? string.Join(',', given) : "never";
            var versions = secret.Versions.Select(version =>
            {
                var ciphertext = SecretStore.ReadPayload(session, arn, version.VersionId)!;
                using var value = _cipher.Open(arn, version.VersionId, ciphertext);
                var shown = Convert.ToHexString(value.Reveal());
                return $"{version.VersionId} {version.Sequence} {version.CreatedDate:O} {string.Join(',', version.Stages)} {shown}";
            });
            var lines = new[] { secret.Name, secret.Description ?? "", tags, $"{secret.LastChangedDate:O}" }.Concat(versions);
            return string.Join('\n', lines);
        }
    }
}
