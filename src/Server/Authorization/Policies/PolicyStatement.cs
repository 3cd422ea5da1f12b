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
}

internal enum PolicyEffect
{
    Allow,
    Deny,
}
