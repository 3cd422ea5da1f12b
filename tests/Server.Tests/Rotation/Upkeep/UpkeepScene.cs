using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotators.Strategies;
using Shouldly;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>
/// A server whose rotation functions are the real strategies on a database server in memory, a secret <c>db</c> of its account
/// <c>app</c>, and a clock in the test's hand.
/// </summary>
internal sealed class UpkeepScene : IAsyncDisposable
{
    public const string FirstVersion = "00000000-0000-0000-0000-000000000001";
    public const string Token = "00000000-0000-0000-0000-000000000002";
    public const string NextToken = "00000000-0000-0000-0000-000000000003";
    public const string SingleUser = "arn:aws:lambda:us-east-1:123456789012:function:SingleUser";
    public const string WithSuperuser = "arn:aws:lambda:us-east-1:123456789012:function:WithSuperuser";
    public const string Pair = "arn:aws:lambda:us-east-1:123456789012:function:Pair";

    private readonly ManualResetEventSlim _held = new(initialState: true);
    private int _skips;
    private volatile bool _isDead;

    private UpkeepScene(TestServer server, ScriptedServer target)
    {
        Server = server;
        Target = target;
        target.Fails = what =>
        {
            if (HoldAt is not { } hold || !what.StartsWith(hold, StringComparison.Ordinal) || Interlocked.Decrement(ref _skips) >= 0)
                return Fails(what);
            Reached.TrySetResult();
            _held.Wait();
            // The process is gone: nothing that it was about to do happens.
            return _isDead ? new RotatorException(FailureCause.Other, "dead") : Fails(what);
        };
    }

    public TestServer Server { get; }

    public ScriptedServer Target { get; }

    /// <summary>What the database is about to do when this begins it waits for <see cref="Release"/>.</summary>
    public string? HoldAt { get; private set; }

    public TaskCompletionSource Reached { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Throws before what is about to be done, when it returns an exception.</summary>
    public Func<string, RotatorException?> Fails { get; set; } = _ => null;

    public string Arn { get; private set; } = "";

    public IDatabase Database => Server.Services.GetRequiredService<IDatabase>();

    public static async Task<UpkeepScene> StartAsync(
        CancellationToken cancellationToken, TestServerOptions? options = null, bool overlaps = true, ScriptedServer? target = null)
    {
        target ??= new ScriptedServer { Overlaps = overlaps, Accounts = { ["app"] = new ScriptedAccount("one") } };
        IReadOnlyCollection<RotatorTemplate> templates =
        [
            new("SingleUser", DatabaseEngine.MariaDb, (_, time) => new SingleUser(target, administration: null, time)),
            new("WithSuperuser", DatabaseEngine.MariaDb, (_, time) => new SingleUser(target, target, time)),
            new("Pair", DatabaseEngine.MariaDb, (_, time) => new AlternatingUsers(DatabaseEngine.MariaDb, target, target, time)),
        ];
        options ??= new TestServerOptions();
        var server = await TestServer.StartAsync(
            options with
            {
                Services = services =>
                {
                    services.Replace(ServiceDescriptor.Singleton(templates));
                    options.Services?.Invoke(services);
                },
            },
            cancellationToken);
        var scene = new UpkeepScene(server, target);
        var existing = await server.CallAsync("DescribeSecret", new { SecretId = "db" }, cancellationToken);
        scene.Arn = existing.IsSuccess
            ? existing.Text("ARN")
            : (await scene.OkAsync(
                "CreateSecret", new { Name = "db", ClientRequestToken = FirstVersion, SecretString = Value("one") }, cancellationToken))
                ["ARN"]!.GetValue<string>();
        return scene;
    }

    public static string Value(
        string password, string username = "app", string? masterArn = null, string host = "db", bool? ssl = false) =>
        JsonSerializer.Serialize(new { engine = "mariadb", host, port = 3306, username, password, ssl, masterarn = masterArn });

    public async Task<JsonNode> OkAsync(string operation, object request, CancellationToken cancellationToken)
    {
        var answer = await Server.CallAsync(operation, request, cancellationToken);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Body.Length == 0 ? new JsonObject() : answer.Json;
    }

    public Task<JsonNode> PutAsync(string password, CancellationToken cancellationToken) => OkAsync(
        "PutSecretValue",
        new { SecretId = "db", ClientRequestToken = Guid.NewGuid().ToString(), SecretString = Value(password) }, cancellationToken);

    /// <summary>Moves AWSCURRENT by hand.</summary>
    public Task<JsonNode> MoveCurrentAsync(string from, string to, CancellationToken cancellationToken) => OkAsync(
        "UpdateSecretVersionStage",
        new { SecretId = "db", VersionStage = "AWSCURRENT", RemoveFromVersionId = from, MoveToVersionId = to }, cancellationToken);

    /// <summary>Asks for a rotation and does not wait for it.</summary>
    public Task<Answer> StartRotationAsync(
        CancellationToken cancellationToken, string token = Token, string? function = SingleUser, bool immediately = true) =>
        Server.CallAsync(
            "RotateSecret",
            new
            {
                SecretId = "db",
                ClientRequestToken = token,
                RotationLambdaARN = function,
                RotateImmediately = immediately,
            },
            cancellationToken);

    /// <summary>Rotates to the end.</summary>
    public async Task RotateAsync(
        CancellationToken cancellationToken, string token = Token, string? function = SingleUser, bool immediately = true)
    {
        var answer = await StartRotationAsync(cancellationToken, token, function, immediately);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        await UntilAsync(() => Rotation() is null, cancellationToken);
        if (immediately) Events().ShouldContain(RotationEventName.RotationSucceeded);
    }

    /// <summary>
    /// Rotates once, and then again until the new password is set: the connection breaks at each login with it, so that the rotation waits.
    /// </summary>
    public async Task BreakOffAsync(CancellationToken cancellationToken)
    {
        await RotateAsync(cancellationToken);
        var current = $"login app {await CurrentPasswordAsync(cancellationToken)}";
        Fails = what => IsLogin(what) && what != current ? new RotatorException(FailureCause.Network, "the connection broke") : null;
        (await StartRotationAsync(cancellationToken, NextToken, function: null)).IsSuccess.ShouldBeTrue();
        await UntilAsync(() => Rotation() is { Cause: FailureCause.Network }, cancellationToken);
    }

    /// <summary>From now on every login fails so.</summary>
    public void FailLogins(FailureCause cause, string text) => Fails = what => IsLogin(what) ? new RotatorException(cause, text) : null;

    private static bool IsLogin(string what) => what.StartsWith("login", StringComparison.Ordinal);

    /// <summary>A secret whose superuser secret <c>master</c> is bound by its first rotation.</summary>
    public async Task BindSuperuserAsync(CancellationToken cancellationToken)
    {
        var master = await OkAsync(
            "CreateSecret",
            new
            {
                Name = "master",
                ClientRequestToken = FirstVersion,
                SecretString = Value("master-password", ScriptedServer.SuperuserName),
            },
            cancellationToken);
        var value = Value("one", masterArn: master["ARN"]!.GetValue<string>());
        await OkAsync("PutSecretValue", new { SecretId = "db", ClientRequestToken = Guid.NewGuid().ToString(), SecretString = value },
            cancellationToken);
    }

    public Task SetAsync(RotationSettings settings, CancellationToken cancellationToken) => Database.WriteAsync(
        session =>
        {
            RotationConfigurations.Write(session, RotationConfigurations.Of(session, Arn) with { Settings = settings });
            return true;
        },
        cancellationToken);

    public RotationInProgress? Rotation() => Database.Read(session => RotationRows.Find(session, Arn));

    public UpkeepTask? Task(UpkeepKind kind) => Database.Read(session => UpkeepRows.Find(session, Arn, kind));

    /// <summary>The accounts that the secret has for itself.</summary>
    public List<string> Locks() => Database.Read(session => session.Query(
        "SELECT principal FROM rotation_principals WHERE arn = @arn ORDER BY principal", row => row.Text(0), ("arn", Arn)));

    public string? Suspect() =>
        Database.Read(session => RotationConfigurations.Of(session, Arn)).SuspectVersionIds is [var newest, ..] ? newest : null;

    public List<RotationEventName> Events() => Entries().ConvertAll(entry => entry.Name);

    public List<RotationEvent> Entries() => Database.Read(session => RotationJournal.Newest(session, Arn, 1000));

    public int Count(RotationEventName name) => Events().Count(entry => entry == name);

    public async Task<string> CurrentPasswordAsync(CancellationToken cancellationToken)
    {
        var value = (await OkAsync("GetSecretValue", new { SecretId = "db" }, cancellationToken))["SecretString"]!.GetValue<string>();
        return JsonNode.Parse(value)!["password"]!.GetValue<string>();
    }

    public async Task<JsonNode> ExtensionAsync(string operation, CancellationToken cancellationToken)
    {
        using var client = Server.Client("rekey");
        using var request = Server.JsonRequest($"rekey.{operation}", """{"SecretId":"db"}"""u8.ToArray());
        var answer = await TestServer.SendAsync(client, request, cancellationToken);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Json;
    }

    /// <summary>Waits, while the clock stands still, until something has happened.</summary>
    public async Task UntilAsync(Func<bool> happened, CancellationToken cancellationToken)
    {
        for (var looks = 0; !happened(); looks++)
        {
            looks.ShouldBeLessThan(10_000, $"nothing happened; events: {string.Join(", ", Events())}");
            await LookAsync(cancellationToken);
        }
    }

    /// <summary>Moves the clock from one due moment to the next until something has happened.</summary>
    public async Task AdvanceUntilAsync(Func<bool> happened, CancellationToken cancellationToken)
    {
        for (var moves = 0; !happened(); moves++)
        {
            moves.ShouldBeLessThan(500, $"nothing happened; events: {string.Join(", ", Events())}");
            await QuietAsync(cancellationToken);
            if (!happened()) Server.Clock.SetTo(NextMoment() ?? Server.Clock.GetUtcNow().AddSeconds(30));
        }
    }

    /// <summary>Lets that much time of the clock pass; all that falls due in it is done.</summary>
    public async Task PassAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var end = Server.Clock.GetUtcNow() + time;
        while (true)
        {
            await QuietAsync(cancellationToken);
            if (Server.Clock.GetUtcNow() >= end) return;
            Server.Clock.SetTo(NextMoment() is { } next && next < end ? next : end);
        }
    }

    /// <summary>Gives the scheduler time for some turns, in which the test expects nothing of it.</summary>
    public async Task TurnsAsync(CancellationToken cancellationToken)
    {
        for (var look = 0; look < 25; look++) await LookAsync(cancellationToken);
    }

    /// <summary>Waits until nothing runs and nothing is due.</summary>
    private async Task QuietAsync(CancellationToken cancellationToken)
    {
        const int LooksPerPause = 100;
        for (var looks = 1; !IsQuiet(); looks++)
        {
            // Something waits on the clock inside a run.
            if (looks % LooksPerPause == 0) Server.Clock.Advance(TimeSpan.FromSeconds(1));
            looks.ShouldBeLessThan(10_000, $"never quiet; events: {string.Join(", ", Events())}");
            await LookAsync(cancellationToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        Server.Services.GetRequiredService<RotationScheduler>().Wake();
        await System.Threading.Tasks.Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken);
    }

    /// <summary>Moves the clock to the moment at which the secret's next rotation is due.</summary>
    public async Task PassUntilDueAsync(CancellationToken cancellationToken)
    {
        await QuietAsync(cancellationToken);
        var due = Database.Read(session => SecretStore.FindByArn(session, Arn)!.RotationDueDate!.Value);
        await PassAsync(due - Server.Clock.GetUtcNow(), cancellationToken);
        Server.Services.GetRequiredService<RotationScheduler>().Wake();
    }

    private bool IsQuiet() => Database.Read(session => session.Find(
        "SELECT (SELECT COUNT(*) FROM rotations WHERE state <> 'Parked' AND (owner IS NOT NULL OR not_before <= @now)) + "
        + "(SELECT COUNT(*) FROM rotation_upkeep u WHERE owner IS NOT NULL OR (due_at <= @now "
        + "AND NOT EXISTS (SELECT 1 FROM rotations r WHERE r.arn = u.arn)))",
        row => row.Number(0), ("now", Server.Clock.GetUtcNow()))) == 0;

    private DateTimeOffset? NextMoment() => Database.Read(session => session.Find(
        "SELECT MIN(t) FROM (SELECT MIN(not_before) AS t FROM rotations WHERE state <> 'Parked' "
        + "UNION ALL SELECT MIN(due_at) FROM rotation_upkeep u WHERE NOT EXISTS (SELECT 1 FROM rotations r WHERE r.arn = u.arn)) x",
        row => row.TimeOrNull(0)));

    public void Hold(string at)
    {
        _held.Reset();
        Reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _skips = 0;
        HoldAt = at;
    }

    /// <summary>Lets the first of what would be held go by.</summary>
    public void Skip(int count) => _skips = count;

    /// <summary>Ends the server while what is held goes on for ever.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        var stop = Server.DisposeAsync().AsTask();
        while (!stop.IsCompleted)
        {
            Server.Clock.Advance(TimeSpan.FromSeconds(1));
            await System.Threading.Tasks.Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken);
        }
        await stop;
        _isDead = true;
        Release();
    }

    public void Release()
    {
        HoldAt = null;
        _held.Set();
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await Server.DisposeAsync();
        _held.Dispose();
    }
}
