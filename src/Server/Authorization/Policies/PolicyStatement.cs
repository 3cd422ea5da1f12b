using System.Collections.Immutable;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// One statement. It applies to a request when its principals, actions, resources and every condition do. <paramref name="index"/> counts
/// from 0 in the order of the policy.
/// </summary>
internal sealed class PolicyStatement(
    int index,
    string? sid,
    PolicyEffect effect,
    PrincipalElement? principals,
    ActionElement actions,
    ResourceElement? resources,
    ImmutableArray<PolicyCondition> conditions)
{
    public int Index { get; } = index;

    public string? Sid { get; } = sid;

    public PolicyEffect Effect { get; } = effect;

    /// <summary>Null in policies of identities, which concern whoever they are attached to.</summary>
    public PrincipalElement? Principals { get; } = principals;

    public ActionElement Actions { get; } = actions;

    /// <summary>Null in trust policies, which concern the role they are attached to.</summary>
    public ResourceElement? Resources { get; } = resources;

    /// <summary>All must hold; none is no restriction.</summary>
    public ImmutableArray<PolicyCondition> Conditions { get; } = conditions;

    /// <summary>Whether the statement applies to a request, and how it names the caller: directly where it names nobody.</summary>
    /// <param name="request">The request.</param>
    /// <param name="hasBoundary">Whether the caller has a permissions boundary.</param>
    public PrincipalMatch Match(PolicyRequest request, bool hasBoundary)
    {
        if (!Actions.Matches(request.Action)) return PrincipalMatch.None;
        if (Resources is not null && !Resources.Matches(request.Resource, request.Keys)) return PrincipalMatch.None;
        var match = Principals?.Match(request.Caller, Effect, hasBoundary) ?? PrincipalMatch.Direct;
        if (match == PrincipalMatch.None) return PrincipalMatch.None;
        foreach (var condition in Conditions)
        {
            // What cannot be said neither grants nor spares.
            if (!(condition.Holds(request.Keys) ?? Effect == PolicyEffect.Deny)) return PrincipalMatch.None;
        }
        return match;
    }
}

internal enum PolicyEffect
{
    Allow,
    Deny,
}
