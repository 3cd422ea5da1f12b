namespace Rekey.Server.Protocols;

/// <summary>The answer of an operation whose model has no output: status 200 and no body.</summary>
public sealed record EmptyResponse
{
    public static EmptyResponse Instance { get; } = new();
}
