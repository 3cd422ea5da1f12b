namespace Rekey.Server.SecretsManager;

/// <summary>A tag as a caller sends it: the model requires neither member.</summary>
internal sealed record TagEntry
{
    public string? Key { get; init; }
    public string? Value { get; init; }
}
