using Rekey.Aws;

namespace Rekey.Rotators.Slots;

/// <summary>
/// A target that makes its credentials itself and lets one principal hold several at a time: access keys, API keys. Every change may be
/// repeated. A failure is a <see cref="RotatorException"/> without secrets; after one that is transient the change may have happened.
/// Lists and logins may lag behind changes.
/// </summary>
public interface ICredentialIssuer
{
    /// <summary>How many credentials the principal may hold, disabled ones included.</summary>
    int SlotsMax { get; }

    /// <summary>The principal's credentials, whoever made them.</summary>
    Task<IReadOnlyList<ListedCredential>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes one. Its value is shown this once. <see cref="FailureCause.Conflict"/> when all slots are taken. Not to be repeated blindly:
    /// whether a broken-off call made one is found out by its label.
    /// </summary>
    /// <param name="label">Stored with the credential and listed: at most 128 characters of A-Z, a-z, 0-9, hyphen and slash.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IssuedCredential> CreateAsync(string label, CancellationToken cancellationToken);

    /// <summary>
    /// Whether the target lets the credential in. False is no proof that it never will: the target may not have heard of it yet.
    /// </summary>
    Task<bool> TestAsync(IssuedCredential credential, CancellationToken cancellationToken);

    /// <summary>Lets a disabled credential in again. One that is gone is no failure.</summary>
    Task EnableAsync(string id, CancellationToken cancellationToken);

    /// <summary>Keeps the credential from being used, so that this can be undone. One that is gone is no failure.</summary>
    Task DisableAsync(string id, CancellationToken cancellationToken);

    /// <summary>Takes the credential away for good. One that is gone is no failure.</summary>
    Task DeleteAsync(string id, CancellationToken cancellationToken);

    /// <summary>When the credential was last used, as far as the target says; null when never, or when it does not say.</summary>
    Task<DateTimeOffset?> FindLastUseAsync(string id, CancellationToken cancellationToken);
}

/// <summary>A credential as the target lists it.</summary>
/// <param name="Label">What it was made with; null for one that was made otherwise.</param>
public sealed record ListedCredential(string Id, string? Label, bool IsActive);

/// <summary>A credential with its value. Not a record: it must not print it.</summary>
public sealed class IssuedCredential(string id, Sensitive value) : IDisposable
{
    /// <summary>The target's name for it; no secret.</summary>
    public string Id { get; } = id;

    public Sensitive Value { get; } = value;

    public void Dispose() => Value.Dispose();

    public override string ToString() => Id;
}
