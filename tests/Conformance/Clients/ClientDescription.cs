namespace Rekey.Conformance.Clients;

/// <summary>What a client says of itself: what its version knows of Secrets Manager.</summary>
internal sealed record ClientDescription
{
    public string Version { get; init; } = "";

    public IReadOnlyList<string> Operations { get; init; } = [];

    /// <summary>Operations whose pages the client follows by itself.</summary>
    public IReadOnlyList<string> Paginators { get; init; } = [];

    public IReadOnlyList<string> Waiters { get; init; } = [];

    /// <summary>Every member of the client's model, in requests and answers; null: it passes on what it does not know.</summary>
    public HashSet<string>? Members { get; init; }
}
