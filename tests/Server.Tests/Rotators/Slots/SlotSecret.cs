using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.CredentialServices;
using Rekey.Rotators.Slots;

namespace Rekey.Server.Tests.Rotators.Slots;

/// <summary>
/// A secret whose credentials come from the service, as the server would keep it: stored versions, labels and the journal, all durable,
/// and the steps of a rotation on them. The process can be made to end at any of its durable writes, before or after.
/// </summary>
internal sealed class SlotSecret(CredentialService service, SelfMovingClock clock, SlotSettings settings)
{
    private readonly CredentialServiceIssuer _issuer = service.Issuer();
    private readonly Dictionary<string, (string Id, string Value)> _versions = [];
    private string _journal = "";
    private int _writes;
    private int _tokens;

    /// <summary>Version ids by label.</summary>
    public Dictionary<string, string> Labels { get; } = [];

    /// <summary>Called at each durable write with its number, from 1: whether the process ends there.</summary>
    public Func<int, Fault?> Killing { get; set; } = _ => null;

    public SlotState State => SlotStateJson.Read(_journal);

    public string CurrentId => _versions[Labels["AWSCURRENT"]].Id;

    public string CurrentValue => _versions[Labels["AWSCURRENT"]].Value;

    public int Writes => _writes;

    public ICredentialIssuer Issuer => _issuer;

    /// <summary>A value that somebody stored by hand, of a key made by hand.</summary>
    public async Task StoreByHandAsync(CancellationToken cancellationToken)
    {
        using var issued = await _issuer.CreateAsync("by hand", cancellationToken);
        _versions["v0"] = (issued.Id, issued.Value.RevealText());
        Labels["AWSCURRENT"] = "v0";
    }

    /// <summary>The next rotation's version: AWSPENDING, without a value.</summary>
    public string Reserve()
    {
        if (!Labels.ContainsKey("AWSPENDING")) Labels["AWSPENDING"] = $"v{++_tokens}";
        return Labels["AWSPENDING"];
    }

    /// <summary>All steps once. Whatever it throws, it may be called again.</summary>
    public async Task RotateAsync(CancellationToken cancellationToken)
    {
        var token = Reserve();
        await CreateAsync(token, cancellationToken);
        await TestAsync(token, cancellationToken);
        Finish(token);
    }

    public async Task CreateAsync(string token, CancellationToken cancellationToken)
    {
        using var current = Current;
        await Rotation.CreateSecretAsync(token, new SlotBook(Stored, current, Journal), (issued, _) =>
        {
            Write(() => _versions[token] = (issued.Id, issued.Value.RevealText()));
            return Task.CompletedTask;
        }, cancellationToken);
    }

    public async Task TestAsync(string token, CancellationToken cancellationToken)
    {
        using var pending = new IssuedCredential(_versions[token].Id, Sensitive.FromText(_versions[token].Value));
        await Rotation.TestSecretAsync(pending, cancellationToken);
    }

    /// <summary>Moves the labels and writes the journal, in one transaction.</summary>
    public void Finish(string token) => Write(() =>
    {
        _journal = SlotStateJson.Write(State.Promote(_versions[token].Id, settings, clock.GetUtcNow()));
        if (Labels["AWSCURRENT"] != token) Labels["AWSPREVIOUS"] = Labels["AWSCURRENT"];
        Labels["AWSCURRENT"] = token;
        Labels.Remove("AWSPENDING");
    });

    public async Task<DateTimeOffset?> CleanUpAsync(CancellationToken cancellationToken)
    {
        using var current = Current;
        return await Rotation.CleanUpAsync(new SlotBook(Stored, current, Journal), cancellationToken);
    }

    private IssuedCredential? Current =>
        IdOf("AWSCURRENT") is { } id ? new IssuedCredential(id, Sensitive.FromText(CurrentValue)) : null;

    private SlotRotation Rotation => new(_issuer, settings, clock);

    /// <summary>As a process that has just started reads it.</summary>
    private SlotJournal Journal => new(State, (next, _) =>
    {
        Write(() => _journal = SlotStateJson.Write(next));
        return Task.CompletedTask;
    });

    private StoredSlots Stored => new(IdOf("AWSCURRENT"), IdOf("AWSPENDING"), IdOf("AWSPREVIOUS"));

    private string? IdOf(string label) =>
        Labels.TryGetValue(label, out var version) && _versions.TryGetValue(version, out var value) ? value.Id : null;

    private void Write(Action write)
    {
        var fault = Killing(++_writes);
        if (fault == Fault.Before) throw new ProcessEndedException();
        write();
        if (fault == Fault.After) throw new ProcessEndedException();
    }
}

/// <summary>Stands for the end of the process: nothing catches it.</summary>
internal sealed class ProcessEndedException : Exception;
