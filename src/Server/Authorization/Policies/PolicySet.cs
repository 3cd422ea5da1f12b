using System.Collections.Immutable;

namespace Rekey.Server.Authorization.Policies;

/// <summary>Every policy that has a say in a request. What is not there does not limit, but it does not grant either.</summary>
internal sealed record PolicySet
{
    public static readonly PolicySet None = new();

    /// <summary>Those of the user and its groups, or of the role.</summary>
    public ImmutableArray<PolicyDocument> Identity { get; init; } = [];

    /// <summary>The permissions boundary of the user or role.</summary>
    public PolicyDocument? Boundary { get; init; }

    /// <summary>Those given when the session was made. Together they are one limit: what none allows, the session may not do.</summary>
    public ImmutableArray<PolicyDocument> Session { get; init; } = [];

    /// <summary>The policy of the resource, or the trust policy of the role that is to be assumed.</summary>
    public PolicyDocument? Resource { get; init; }
}
