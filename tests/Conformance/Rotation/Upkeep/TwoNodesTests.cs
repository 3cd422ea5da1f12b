using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rekey.Conformance.Storage;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Upkeep;

/// <summary>Two nodes on one PostgreSQL store: each task is run by one of them, and never beside the rotation of its secret.</summary>
public sealed class TwoNodesTests(PostgresStore stores) : IClassFixture<PostgresStore>
{
    private const int Secrets = 30;
    private const string FunctionArn = "arn:aws:lambda:us-east-1:123456789012:function:Counting";

    private readonly CountingRotator _rotator = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachTask_IsRunOnce_AndNeverBesideItsRotation()
    {
        var database = await stores.CreateDatabaseAsync(Cancel);
        var clock = new ManualClock();
        await using var first = await StartAsync(database, clock, rootKeyFile: null);
        await using var second = await StartAsync(database, clock, Path.Combine(first.DataDirectory, "root.key"));
        var arns = new List<string>();
        for (var number = 0; number < Secrets; number++) arns.Add(await EnableAsync(first, number));
        var store = first.Services.GetRequiredService<IDatabase>();
        await UntilAsync([first, second], () => store.Read(session => CountRotations(session)) == 0);

        var now = clock.GetUtcNow();
        await store.WriteAsync(
            session =>
            {
                foreach (var arn in arns) UpkeepRows.Schedule(session, arn, UpkeepKind.Retire, now);
                return true;
            },
            Cancel);
        // Rotations of every third secret come in between, asked for at the other node.
        for (var number = 0; number < Secrets; number += 3) await RotateAsync(second, number);
        await UntilAsync(
            [first, second],
            () => store.Read(session => CountRotations(session)) == 0
                && arns.TrueForAll(arn => store.Read(session => UpkeepRows.Find(session, arn, UpkeepKind.Retire))!.EndedAt is not null));

        _rotator.Overlapping.ShouldBeEmpty();
        var runs = _rotator.Retired.GroupBy(user => user).ToDictionary(group => group.Key, group => group.Count());
        runs.Count.ShouldBe(Secrets);
        runs.Values.ShouldAllBe(count => count == 1);
    }

    private Task<TestServer> StartAsync(string database, ManualClock clock, string? rootKeyFile)
    {
        IReadOnlyCollection<RotatorTemplate> templates = [new("Counting", DatabaseEngine.MariaDb, (_, _) => _rotator)];
        return TestServer.StartAsync(
            new TestServerOptions
            {
                Database = database,
                Clock = clock,
                Settings = new Dictionary<string, string?> { ["Rekey:Keys:RootKeyFile"] = rootKeyFile },
                Services = services => services.Replace(ServiceDescriptor.Singleton(templates)),
            },
            Cancel);
    }

    private static async Task<string> EnableAsync(TestServer server, int number)
    {
        var value = JsonSerializer.Serialize(
            new { engine = "mariadb", host = "db", username = UserOf(number), password = "p", ssl = false });
        var created = await server.CallAsync(
            "CreateSecret", new { Name = UserOf(number), ClientRequestToken = Guid.NewGuid().ToString(), SecretString = value }, Cancel);
        created.IsSuccess.ShouldBeTrue(created.Body);
        await RotateAsync(server, number);
        return created.Text("ARN");
    }

    private static async Task RotateAsync(TestServer server, int number)
    {
        var rotated = await server.CallAsync(
            "RotateSecret",
            new { SecretId = UserOf(number), ClientRequestToken = Guid.NewGuid().ToString(), RotationLambdaARN = FunctionArn }, Cancel);
        rotated.IsSuccess.ShouldBeTrue(rotated.Body);
    }

    private static string UserOf(int number) => "app" + number.ToString(CultureInfo.InvariantCulture);

    private static long CountRotations(Session session) => session.Find("SELECT COUNT(*) FROM rotations", row => row.Number(0));

    private static async Task UntilAsync(TestServer[] servers, Func<bool> reached)
    {
        for (var looks = 1; !reached(); looks++)
        {
            foreach (var server in servers) server.Services.GetRequiredService<RotationScheduler>().Wake();
            // A rotation that met a task of the other node waits a second of the clock.
            if (looks % 50 == 0) servers[0].Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    /// <summary>Does nothing to any database, takes its time for it, and sees who else is at work on the same account.</summary>
    private sealed class CountingRotator : IDatabaseRotator
    {
        private readonly ConcurrentDictionary<string, int> _busy = new();

        public ConcurrentQueue<string> Retired { get; } = new();

        public ConcurrentQueue<string> Overlapping { get; } = new();

        public bool NeedsSuperuser => false;

        public string PendingUsername(RotationSubject subject) => subject.Current.Username;

        public Task<PasswordRules> ReadPasswordRulesAsync(RotationSubject subject, CancellationToken cancellationToken) =>
            Task.FromResult(PasswordRules.None);

        public async Task<SetSecretResult> SetSecretAsync(RotationRequest request, CancellationToken cancellationToken)
        {
            await WorkAsync(request.Current.Username, cancellationToken);
            var pin = new PinnedTarget("one", request.Current.Host, request.Current.Port, request.Current.Username);
            return new SetSecretResult(pin, RefusedSince: null, MustRetire: false, []);
        }

        public Task TestSecretAsync(RotationRequest request, CancellationToken cancellationToken) =>
            WorkAsync(request.Current.Username, cancellationToken);

        public async Task<DateTimeOffset?> RetireAsync(RotationSubject subject, CancellationToken cancellationToken)
        {
            await WorkAsync(subject.Current.Username, cancellationToken);
            Retired.Enqueue(subject.Current.Username);
            return null;
        }

        public Task<bool> HealAsync(
            RotationSubject subject, IReadOnlyList<DatabaseCredentials> candidates, CancellationToken cancellationToken) =>
            Task.FromResult(false);

        public Task<IReadOnlyList<string>> CheckAsync(RotationSubject subject, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<string>>([]);

        public async IAsyncEnumerable<HopResult> DiagnoseAsync(
            RotationSubject subject,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            yield return new HopResult("login", Ok: true, "in");
        }

        public Task<RotationPlan> PlanAsync(RotationSubject subject, CancellationToken cancellationToken) =>
            Task.FromResult(new RotationPlan(subject.Current.Username, [], []));

        private async Task WorkAsync(string username, CancellationToken cancellationToken)
        {
            if (_busy.AddOrUpdate(username, 1, (_, count) => count + 1) > 1) Overlapping.Enqueue(username);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
            _busy.AddOrUpdate(username, 0, (_, count) => count - 1);
        }
    }
}
