using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.CredentialServices;
using Shouldly;

namespace Rekey.Server.Tests.Rotators.Slots;

/// <summary>
/// A service that issues API keys over HTTP, as many do: two a principal, the value shown once, two front ends of which the second hears
/// of every change later. Faults can be ordered: before an effect, or after it, with the reply lost.
/// </summary>
internal sealed class CredentialService : IAsyncDisposable
{
    public const int KeysMax = 2;
    public const string Principal = "orders";
    public const string Administrator = "admin";
    public const string AdministratorPassword = "admin: password";

    private readonly TimeProvider _time;
    private readonly WebApplication _server;
    private readonly Lock _lock = new();
    private readonly List<Key> _keys = [];
    private int _counter;
    private int _requests;
    private Hold? _hold;

    private CredentialService(TimeProvider time)
    {
        _time = time;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        const string Collection = $"/v1/principals/{Principal}/credentials";
        _server.MapGet(Collection, List);
        _server.MapPost(Collection, CreateAsync);
        _server.MapPatch($"{Collection}/{{id}}", SwitchAsync);
        _server.MapDelete($"{Collection}/{{id}}", Delete);
        _server.MapGet("/v1/self", WhoAmI);
    }

    public int Port => new Uri(_server.Urls.Single()).Port;

    /// <summary>After which a change is known to both front ends, and listed.</summary>
    public TimeSpan Lag { get; set; }

    public bool IsDown { get; set; }

    /// <summary>The next change fails before it has happened, or after.</summary>
    public Fault? NextFault { get; set; }

    /// <summary>Whether logins are noted as uses.</summary>
    public bool NotesUse { get; set; } = true;

    public int Created => _counter;

    /// <summary>How often the administrator or a key was shown to it.</summary>
    public int Requests { get; private set; }

    /// <summary>What really is there, whatever a front end says.</summary>
    public IReadOnlyList<string> Ids
    {
        get
        {
            lock (_lock) return [.. _keys.Where(key => key.DeletedAt is null).Select(key => key.Id)];
        }
    }

    public static async Task<CredentialService> StartAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var service = new CredentialService(time);
        await service._server.StartAsync(cancellationToken);
        return service;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Has the next calls that make a key wait.</summary>
    public Hold HoldCreate() => _hold = new Hold();

    /// <summary>A key that somebody made by hand.</summary>
    public string AddForeign()
    {
        lock (_lock) return Add(label: null).Id;
    }

    /// <summary>Whether every front end lets the key in: what an application needs.</summary>
    public bool IsLive(string value)
    {
        lock (_lock) return FrontEnds().All(seen => _keys.Exists(key => key.Value == value && IsActive(key, seen)));
    }

    /// <summary>The product's client of this service, as its administrator.</summary>
    public CredentialServiceIssuer Issuer() => CredentialServiceIssuer.Of(
        new RotationSubject
        {
            Current = Credentials(Principal, ""),
            Superuser = Credentials(Administrator, AdministratorPassword),
        },
        new RotatorOptions());

    private DatabaseCredentials Credentials(string username, string password) => new()
    {
        Engine = DatabaseEngine.CredentialService.Name,
        Host = "127.0.0.1",
        Port = Port,
        Username = username,
        Password = Sensitive.FromText(password),
        Tls = TlsMode.Plaintext,
    };

    private IResult List(HttpRequest request) => Answer(request, isChange: false, () =>
    {
        var seen = _time.GetUtcNow() - Lag;
        var rows = _keys.Where(key => key.CreatedAt <= seen && (key.DeletedAt is not { } deleted || deleted > seen))
            .Select(key => new JsonObject
            {
                ["id"] = key.Id,
                ["label"] = key.Label,
                ["active"] = IsActive(key, seen),
                ["lastUsed"] = key.LastUse?.ToString("O"),
            });
        return Json(new JsonObject { ["max"] = KeysMax, ["credentials"] = new JsonArray([.. rows]) });
    });

    private async Task<IResult> CreateAsync(HttpRequest request)
    {
        var label = (string?)(await JsonNode.ParseAsync(request.Body))!["label"];
        if (_hold is { } hold)
        {
            hold.Reached.TrySetResult();
            await hold.Released.Task;
        }
        return Answer(request, isChange: true, () =>
        {
            if (_keys.Count(key => key.DeletedAt is null) >= KeysMax) return Results.StatusCode((int)HttpStatusCode.Conflict);
            var key = Add(label);
            return Json(new JsonObject { ["id"] = key.Id, ["value"] = key.Value });
        });
    }

    private async Task<IResult> SwitchAsync(HttpRequest request, string id)
    {
        var isActive = (bool)(await JsonNode.ParseAsync(request.Body))!["active"]!;
        return Answer(request, isChange: true, () =>
        {
            if (_keys.Find(key => key.Id == id && key.DeletedAt is null) is not { } key) return Results.NotFound();
            if (key.ActiveNow != isActive) key.Switches.Add((_time.GetUtcNow(), isActive));
            return Results.NoContent();
        });
    }

    private IResult Delete(HttpRequest request, string id) => Answer(request, isChange: true, () =>
    {
        if (_keys.Find(key => key.Id == id && key.DeletedAt is null) is not { } key) return Results.NotFound();
        key.DeletedAt = _time.GetUtcNow();
        return Results.NoContent();
    });

    private IResult WhoAmI(HttpRequest request)
    {
        lock (_lock)
        {
            if (IsDown) return Results.StatusCode((int)HttpStatusCode.ServiceUnavailable);
            var seen = FrontEnds()[_requests++ % 2];
            var (id, value) = NameAndPassword(request);
            if (_keys.Find(key => key.Id == id && key.Value == value && IsActive(key, seen)) is not { } key)
                return Results.StatusCode((int)HttpStatusCode.Unauthorized);
            if (NotesUse) key.LastUse = _time.GetUtcNow();
            return Results.Ok();
        }
    }

    private IResult Answer(HttpRequest request, bool isChange, Func<IResult> answer)
    {
        if (NameAndPassword(request) != (Administrator, AdministratorPassword))
            return Results.StatusCode((int)HttpStatusCode.Unauthorized);
        lock (_lock)
        {
            if (IsDown) return Results.StatusCode((int)HttpStatusCode.ServiceUnavailable);
            var fault = isChange ? NextFault : null;
            if (isChange) NextFault = null;
            if (fault == Fault.Before) return Results.StatusCode((int)HttpStatusCode.ServiceUnavailable);
            var result = answer();
            return fault == Fault.After ? Results.StatusCode((int)HttpStatusCode.BadGateway) : result;
        }
    }

    private (string Name, string Password) NameAndPassword(HttpRequest request)
    {
        lock (_lock) Requests++;
        var header = AuthenticationHeaderValue.Parse(request.Headers.Authorization.ToString());
        header.Scheme.ShouldBe("Basic");
        var text = Encoding.UTF8.GetString(Convert.FromBase64String(header.Parameter!));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return (text[..colon], text[(colon + 1)..]);
    }

    private static IResult Json(JsonNode node) => Results.Text(node.ToJsonString(), "application/json");

    private Key Add(string? label)
    {
        var key = new Key($"key-{++_counter}", label, "value-" + RandomNumberGenerator.GetHexString(16), _time.GetUtcNow());
        _keys.Add(key);
        return key;
    }

    private DateTimeOffset[] FrontEnds() => [_time.GetUtcNow(), _time.GetUtcNow() - Lag];

    private static bool IsActive(Key key, DateTimeOffset seen) =>
        key.CreatedAt <= seen && (key.DeletedAt is not { } deleted || deleted > seen)
            && key.Switches.LastOrDefault(change => change.At <= seen, (default, true)).IsActive;

    private sealed record Key(string Id, string? Label, string Value, DateTimeOffset CreatedAt)
    {
        public DateTimeOffset? DeletedAt { get; set; }
        public DateTimeOffset? LastUse { get; set; }
        public List<(DateTimeOffset At, bool IsActive)> Switches { get; } = [];
        public bool ActiveNow => Switches.Count == 0 || Switches[^1].IsActive;
    }
}

/// <summary>A call that was begun and waits.</summary>
internal sealed class Hold
{
    public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>When a call fails.</summary>
internal enum Fault
{
    Before,
    After,
}
