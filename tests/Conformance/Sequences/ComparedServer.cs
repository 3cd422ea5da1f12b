using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Rekey.Conformance.Reference;
using Rekey.Server.Kms;
using Rekey.Server.Rotation;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;

namespace Rekey.Conformance.Sequences;

/// <summary>
/// A server and the reference side by side: every call goes to both, and their answers are compared to the last character.
/// </summary>
internal sealed class ComparedServer : IAsyncDisposable
{
    private const int WakeEvery = 20;
    private const int PollsMax = 60_000;

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TestServer _server;
    private readonly string _folder;
    private readonly IDatabase _database;
    private readonly ReferenceServer _reference;
    private readonly HashSet<(string, string?)> _errors = [];
    private readonly Dictionary<string, HttpClient> _clients;

    private ComparedServer(TestServer server, string folder)
    {
        (_server, _folder) = (server, folder);
        _database = server.Services.GetRequiredService<IDatabase>();
        World = new World(new Symbols()) { Now = server.Clock.GetUtcNow() };
        _reference = new ReferenceServer(World);
        _clients = World.Regions.ToDictionary(region => region, region => server.Client("secretsmanager", region: region));
    }

    public World World { get; }

    /// <summary>Operations that were served.</summary>
    public HashSet<string> Served { get; } = [];

    /// <param name="database">A connection string of an empty PostgreSQL database; null: SQLite.</param>
    public static async Task<ComparedServer> StartAsync(string? database, CancellationToken cancellationToken)
    {
        // Durability is tested elsewhere; in memory SQLite does not wait for the disk. ./test names a folder where there is room.
        var parent = Environment.GetEnvironmentVariable("REKEY_TEST_MEMORY") ?? Path.GetTempPath();
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"rekey-{Guid.NewGuid():N}")).FullName;
        var server = await TestServer.StartAsync(
            new TestServerOptions
            {
                Database = database,
                DataDirectory = folder,
                Settings = new Dictionary<string, string?>
                {
                    ["Rekey:Regions"] = string.Join(',', World.Regions),
                    // Rotations begin with their window.
                    [$"{RotationOptions.Section}:{nameof(RotationOptions.SpreadSeconds)}"] = "0",
                },
                Services = services =>
                {
                    services.Replace(ServiceDescriptor.Singleton<IRotationTarget, ScriptedTarget>());
                    services.RemoveAll<ILoggerProvider>();
                },
            },
            cancellationToken);
        var compared = new ComparedServer(server, folder);
        await compared.MakeOwnKeysAsync(cancellationToken);
        return compared;
    }

    /// <summary>Moves the clock, calls, and says what differs; null when nothing does.</summary>
    public async Task<string?> PlayAsync(Step step, CancellationToken cancellationToken)
    {
        await MoveClockAsync(World.Now + step.Pause, cancellationToken);
        var (status, body) = _reference.Answer(new Call(World, step.Region, step.Operation, step.Request, step.Number));
        var answer = await SendAsync(step, cancellationToken);
        await SettleAsync(cancellationToken);
        if (answer.IsSuccess) Served.Add(step.Operation);

        var expected = $"{status} {body?.ToJsonString(s_plain)}";
        var actual = $"{(int)answer.Status} {Shown(step, answer)}";
        if (!Guid.TryParseExact(answer.RequestId, "D", out _)) return $"request id {answer.RequestId}";
        return World.Symbols.Match(expected, actual) ? null : Difference(World.Symbols.Fill(expected), actual);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values) client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Both texts from shortly before the place where they part.</summary>
    private static string Difference(string expected, string actual)
    {
        const int Before = 80;
        const int Shown = 400;
        var same = expected.AsSpan().CommonPrefixLength(actual);
        return $"expected {Cut(expected)}\nactual   {Cut(actual)}";

        string Cut(string text) => text[Math.Max(same - Before, 0)..Math.Min(same + Shown, text.Length)];
    }

    private async Task<Answer> SendAsync(Step step, CancellationToken cancellationToken)
    {
        var body = World.Symbols.Fill(step.Request.ToJsonString(s_plain));
        using var request = _server.JsonRequest($"secretsmanager.{step.Operation}", System.Text.Encoding.UTF8.GetBytes(body));
        var answer = await TestServer.SendAsync(_clients[step.Region], request, cancellationToken);
        if (!answer.IsSuccess && _errors.Add((step.Operation, answer.ErrorCode))) DeclaredErrors.Demand(step.Operation, answer);
        return answer;
    }

    /// <summary>The body in the reference's notation, with a password that is good replaced by the word for it.</summary>
    private string Shown(Step step, Answer answer)
    {
        if (answer.Body.Length == 0) return "";
        var json = answer.Json;
        if (step.Operation == "GetRandomPassword" && answer.IsSuccess)
        {
            var call = new Call(World, step.Region, step.Operation, step.Request, step.Number);
            if (Passwords.IsValid(call, answer.Text("RandomPassword"))) json["RandomPassword"] = Passwords.Any;
        }
        return json.ToJsonString(s_plain);
    }

    /// <summary>Stops wherever the service does something by itself, so that it sees the time at which it has to be done.</summary>
    private async Task MoveClockAsync(DateTimeOffset target, CancellationToken cancellationToken)
    {
        while (_reference.NextEvent(target) is { } moment)
        {
            _server.Clock.SetTo(moment);
            _reference.AdvanceTo(moment);
            await SettleAsync(cancellationToken);
        }
        _server.Clock.SetTo(target);
        _reference.AdvanceTo(target);
    }

    /// <summary>Waits until the server has purged, rotated and replicated what is due.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (!World.HasWork) return;
        for (var polls = 0; IsBusy(); polls++)
        {
            if (polls % WakeEvery == 0)
            {
                _server.Services.GetRequiredService<SecretPurge>().Wake();
                _server.Services.GetRequiredService<RotationScheduler>().Wake();
            }
            polls.ShouldBeLessThan(PollsMax, "the server does not finish what is due");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
        World.HasWork = false;
    }

    private bool IsBusy() => _database.Read(session => session.Find(
        """
        SELECT (SELECT COUNT(*) FROM rotations) + (SELECT COUNT(*) FROM replication_links WHERE due_at IS NOT NULL)
            + (SELECT COUNT(*) FROM secrets WHERE purge_at <= @now OR rotation_due_at <= @now)
        """,
        row => row.Number(0), ("now", World.Now))) > 0;

    /// <summary>A second key: no operation that is served makes one, so the default keys are made early and get another name.</summary>
    private async Task MakeOwnKeysAsync(CancellationToken cancellationToken)
    {
        var keys = _server.Services.GetRequiredService<KmsKeyStore>();
        foreach (var region in World.Regions)
        {
            World.OwnKeys[region] = await _database.WriteAsync(
                session => keys.EnsureDefaultKey(session, TestServer.Account, region, World.Now), cancellationToken);
        }
        await _database.WriteAsync(
            session => session.Execute("UPDATE kms_keys SET alias = @alias", ("alias", Keys.OwnAlias)), cancellationToken);
    }
}
