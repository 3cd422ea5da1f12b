using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rekey.Server.Tests.Rotators.Slots;

/// <summary>
/// A service that issues API keys over HTTP, as many do: two a principal, the value shown once, two front ends of which the second hears
/// of every change later. Faults can be ordered: before an effect, or after it, with the reply lost.
/// </summary>
internal sealed class CredentialService : IAsyncDisposable
{
    public const int KeysMax = 2;

    private readonly TimeProvider _time;
    private readonly WebApplication _server;
    private readonly Lock _lock = new();
    private readonly List<Key> _keys = [];
    private int _counter;
    private int _requests;

    private CredentialService(TimeProvider time)
    {
        _time = time;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.MapGet("/keys", List);
        _server.MapPost("/keys", Create);
        _server.MapPost("/keys/{id}/enable", (string id) => Switch(id, isActive: true));
        _server.MapPost("/keys/{id}/disable", (string id) => Switch(id, isActive: false));
        _server.MapDelete("/keys/{id}", Delete);
        _server.MapGet("/keys/{id}/last-use", LastUse);
        _server.MapGet("/whoami", WhoAmI);
    }

    public Uri Address => new(_server.Urls.Single());

    /// <summary>After which a change is known to both front ends, and listed.</summary>
    public TimeSpan Lag { get; set; }

    public bool IsDown { get; set; }

    /// <summary>The next change fails before it has happened, or after.</summary>
    public Fault? NextFault { get; set; }

    /// <summary>Whether logins are noted as uses.</summary>
    public bool NotesUse { get; set; } = true;

    public int Created => _counter;

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

    private IResult List() => Answer(isChange: false, () =>
    {
        var seen = _time.GetUtcNow() - Lag;
        var rows = _keys.Where(key => key.CreatedAt <= seen && (key.DeletedAt is not { } deleted || deleted > seen))
            .Select(key => new JsonObject { ["id"] = key.Id, ["label"] = key.Label, ["active"] = IsActive(key, seen) });
        return Results.Text(new JsonArray([.. rows]).ToJsonString(), "application/json");
    });

    private IResult Create(HttpRequest request) => Answer(isChange: true, () =>
    {
        if (_keys.Count(key => key.DeletedAt is null) >= KeysMax) return Results.StatusCode((int)HttpStatusCode.Conflict);
        var key = Add(request.Query["label"]);
        return Results.Text(new JsonObject { ["id"] = key.Id, ["value"] = key.Value }.ToJsonString(), "application/json");
    });

    private IResult Switch(string id, bool isActive) => Answer(isChange: true, () =>
    {
        if (_keys.Find(key => key.Id == id && key.DeletedAt is null) is not { } key) return Results.NotFound();
        if (key.ActiveNow != isActive) key.Switches.Add((_time.GetUtcNow(), isActive));
        return Results.NoContent();
    });

    private IResult Delete(string id) => Answer(isChange: true, () =>
    {
        if (_keys.Find(key => key.Id == id && key.DeletedAt is null) is not { } key) return Results.NotFound();
        key.DeletedAt = _time.GetUtcNow();
        return Results.NoContent();
    });

    private IResult LastUse(string id) => Answer(isChange: false, () =>
        _keys.Find(key => key.Id == id) is { LastUse: { } used } ? Results.Text(used.ToString("O")) : Results.NoContent());

    private IResult WhoAmI(HttpRequest request) => Answer(isChange: false, () =>
    {
        var seen = FrontEnds()[_requests++ % 2];
        var value = request.Headers["X-Api-Key"].ToString();
        if (_keys.Find(key => key.Value == value && IsActive(key, seen)) is not { } key)
            return Results.StatusCode((int)HttpStatusCode.Unauthorized);
        if (NotesUse) key.LastUse = _time.GetUtcNow();
        return Results.Ok();
    });

    private IResult Answer(bool isChange, Func<IResult> answer)
    {
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

/// <summary>When a call fails.</summary>
internal enum Fault
{
    Before,
    After,
}
