namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// The answer and its reason. <paramref name="Kind"/> is the kind of policy that allowed, that denied, or that would have had to allow and
/// did not. <paramref name="Statement"/> allowed or denied; null for an implicit deny, and for an account's root.
/// </summary>
internal readonly record struct PolicyDecision(PolicyOutcome Outcome, PolicyKind Kind, PolicyStatement? Statement = null)
{
    public bool IsAllowed => Outcome == PolicyOutcome.Allowed;
}

internal enum PolicyOutcome
{
    /// <summary>Nothing allows it.</summary>
    ImplicitDeny,

    /// <summary>A statement denies it, whatever others say.</summary>
    ExplicitDeny,

    Allowed,
}
