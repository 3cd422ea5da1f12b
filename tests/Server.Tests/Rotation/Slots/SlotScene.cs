using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rekey.Rotators;
using Rekey.Rotators.Slots;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Slots;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Settings;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Replication;
using Rekey.Server.Tests.Rotation.Upkeep;
using Rekey.Server.Tests.Rotators.Slots;
using Shouldly;

namespace Rekey.Server.Tests.Rotation.Slots;

/// <summary>
/// A server with the product's own functions, a service that makes credentials, its administrator's secret, and a secret <c>db</c> that
/// holds a credential which somebody made by hand.
/// </summary>
internal sealed class SlotScene : IAsyncDisposable
{
    public const string Function = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerCredentialServiceRotation";

    private readonly TestServerOptions _options;

    private SlotScene(UpkeepScene upkeep, CredentialService service, TestServerOptions options)
    {
        (Upkeep, Service, _options) = (upkeep, service, options);
    }

    public UpkeepScene Upkeep { get; private set; }

    public CredentialService Service { get; }

    public TestServer Server => Upkeep.Server;

    public ManualClock Clock => Server.Clock;

    public DyingDatabase Database => (DyingDatabase)Server.Services.GetRequiredService<IDatabase>();

    public SlotState? State => Upkeep.Database.Read(session => SlotRows.Find(session, Upkeep.Arn));

    /// <param name="database">A PostgreSQL connection string; null: SQLite.</param>
    public static async Task<SlotScene> StartAsync(CancellationToken cancellationToken, string? database = null)
    {
        var clock = new ManualClock();
        var service = await CredentialService.StartAsync(clock, cancellationToken);
        service.NotesUse = false;
        var options = new TestServerOptions
        {
            Clock = clock,
            Database = database,
            Settings = new Dictionary<string, string?> { [RegionOptions.RegionsKey] = ReplicationScene.West },
            DataDirectory = Directory.CreateTempSubdirectory("rekey-slots-").FullName,
            Services = services =>
            {
                services.Replace(ServiceDescriptor.Singleton(RotatorCatalogue.All));
                ScriptedTransport.Install(services);
                DyingDatabase.Use(services);
            },
        };
        var upkeep = await UpkeepScene.StartAsync(cancellationToken, options);
        var scene = new SlotScene(upkeep, service, options);
        await upkeep.OkAsync(
            "CreateSecret",
            new
            {
                Name = "admin",
                ClientRequestToken = UpkeepScene.FirstVersion,
                SecretString = scene.Value(CredentialService.Administrator, CredentialService.AdministratorPassword, null, null),
            },
            cancellationToken);
        using var first = await service.Issuer().CreateAsync("by hand", cancellationToken);
        await scene.PutAsync(first, cancellationToken);
        return scene;
    }

    public Task<JsonNode> PutAsync(IssuedCredential credential, CancellationToken cancellationToken, string host = "127.0.0.1") =>
        Upkeep.OkAsync(
            "PutSecretValue",
            new
            {
                SecretId = "db",
                ClientRequestToken = Guid.NewGuid().ToString(),
                SecretString = Value(CredentialService.Principal, credential.Value.RevealText(), credential.Id, "admin", host),
            },
            cancellationToken);

    /// <summary>Starts a rotation.</summary>
    public async Task StartRotationAsync(CancellationToken cancellationToken)
    {
        var answer = await Upkeep.StartRotationAsync(cancellationToken, Guid.NewGuid().ToString(), Function);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
    }

    /// <summary>Rotates to the end.</summary>
    public async Task RotateAsync(CancellationToken cancellationToken)
    {
        var before = Upkeep.Count(RotationEventName.RotationSucceeded);
        await StartRotationAsync(cancellationToken);
        await UntilAsync(() => Upkeep.Count(RotationEventName.RotationSucceeded) > before, cancellationToken);
    }

    /// <summary>Lets seconds pass, for what waits on the clock, until something has happened.</summary>
    public async Task UntilAsync(Func<bool> happened, CancellationToken cancellationToken)
    {
        for (var looks = 0; !happened(); looks++)
        {
            looks.ShouldBeLessThan(5_000, $"nothing happened; events: {string.Join(", ", Upkeep.Events())}");
            Server.Services.GetRequiredService<RotationScheduler>().Wake();
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken);
            if (looks % 3 == 2) Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Lets the old credentials go: moves the clock to each next step until none is left.</summary>
    public async Task RetireAllAsync(CancellationToken cancellationToken)
    {
        while (Retire is not { DueAt: null, Owner: null })
        {
            if (Retire is { Owner: null, DueAt: { } due } && due > Clock.GetUtcNow()) Clock.SetTo(due);
            var ended = Ends;
            await UntilAsync(() => Ends > ended && Retire!.Owner is null, cancellationToken);
        }
    }

    /// <summary>Moves the clock to the retirement's next step and has it done.</summary>
    public async Task RetireAsync(CancellationToken cancellationToken)
    {
        var ended = Ends;
        if (Retire!.DueAt > Clock.GetUtcNow()) Clock.SetTo(Retire.DueAt.Value);
        await UntilAsync(() => Ends > ended && Retire!.Owner is null, cancellationToken);
    }

    /// <summary>The credential of AWSCURRENT.</summary>
    public async Task<(string Id, string Value)> CurrentAsync(CancellationToken cancellationToken)
    {
        var value = await Upkeep.OkAsync("GetSecretValue", new { SecretId = "db" }, cancellationToken);
        var json = JsonNode.Parse(value["SecretString"]!.GetValue<string>())!;
        return (json["credentialid"]!.GetValue<string>(), json["password"]!.GetValue<string>());
    }

    /// <summary>Labels by version id.</summary>
    public async Task<Dictionary<string, string[]>> LabelsAsync(CancellationToken cancellationToken) =>
        (await Upkeep.OkAsync("DescribeSecret", new { SecretId = "db" }, cancellationToken))["VersionIdsToStages"]!.AsObject()
            .ToDictionary(pair => pair.Key, pair => pair.Value!.AsArray().Select(label => label!.GetValue<string>()).ToArray());

    /// <summary>The version with the label.</summary>
    public async Task<string> VersionAsync(string label, CancellationToken cancellationToken) =>
        (await LabelsAsync(cancellationToken)).Single(pair => pair.Value.Contains(label)).Key;

    /// <summary>The process is gone, and another one begins with what is durable.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await Upkeep.KillAsync(cancellationToken);
        Upkeep = await UpkeepScene.StartAsync(cancellationToken, _options);
    }

    public async ValueTask DisposeAsync()
    {
        // A step may be waiting on the clock.
        await Upkeep.KillAsync(CancellationToken.None);
        await Service.DisposeAsync();
        Directory.Delete(_options.DataDirectory!, recursive: true);
    }

    public UpkeepTask? Retire => Upkeep.Task(UpkeepKind.Retire);

    private int Ends => Upkeep.Count(RotationEventName.RetireSucceeded) + Upkeep.Count(RotationEventName.RetireFailed);

    private string Value(string username, string password, string? credentialid, string? masterarn, string host = "127.0.0.1") =>
        JsonSerializer.Serialize(new
        {
            engine = "credential-service",
            host,
            port = Service.Port,
            username,
            credentialid,
            password,
            masterarn,
            ssl = false,
            app = "kept",
        });
}
