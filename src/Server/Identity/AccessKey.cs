using Rekey.Aws;

namespace Rekey.Server.Identity;

/// <summary>A key that may sign requests, and who signs with it. Temporary keys carry a session token and an end.</summary>
internal sealed class AccessKey(string id, Sensitive secret, Principal principal)
{
    public string Id { get; } = id;

    public Sensitive Secret { get; } = secret;

    public Principal Principal { get; } = principal;

    /// <summary>Null for a long-term key, which must come without a token.</summary>
    public Sensitive? SessionToken { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public override string ToString() => Id;
}
