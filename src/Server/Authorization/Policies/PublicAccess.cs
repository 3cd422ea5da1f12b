using System.Collections.Frozen;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// Whether a resource's policy grants access broadly: an Allow to everyone, or to everyone except some, that no condition confines to
/// fixed values of who or where. A wildcard or a policy variable is not fixed, and neither is a condition that an absent key passes.
/// Denials elsewhere in the policy are not set off against it.
/// Source: AWS Secrets Manager User Guide, "Resource-based policies", which refers to Amazon S3, "Blocking public access".
/// </summary>
internal static class PublicAccess
{
    // S3: ranges wider than these are as good as everywhere.
    private const int AddressPrefixMin = 8;
    private const int AddressPrefixMinIPv6 = 32;

    private static readonly FrozenSet<string> s_confining = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceAccount", "aws:SourceArn",
        "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceOwner", "aws:SourceVpc", "aws:SourceVpce", "aws:userid");

    /// <summary>The first statement that grants broadly; null when none does.</summary>
    public static PolicyStatement? Find(PolicyDocument policy) => policy.Statements.FirstOrDefault(GrantsBroadly);

    private static bool GrantsBroadly(PolicyStatement statement) =>
        statement.Effect == PolicyEffect.Allow
        && statement.Principals is { } principals
        && (principals.IsNegated || principals.Principals.Any(principal => principal.Form == PrincipalForm.Everyone))
        && !statement.Conditions.Any(Confines);

    private static bool Confines(PolicyCondition condition)
    {
        if (condition.Operator.IsNegated || condition.IfExists || condition.Qualifier == ConditionQualifier.ForAllValues) return false;
        return condition.Operator.Type switch
        {
            ConditionType.Text or ConditionType.Arn => s_confining.Contains(condition.Key) && condition.Values.All(value => value.IsFixed),
            ConditionType.Address => condition.Key.Equals("aws:SourceIp", StringComparison.OrdinalIgnoreCase)
                && condition.Values.All(value => IsNarrow((AddressValue)value)),
            _ => false,
        };
    }

    private static bool IsNarrow(AddressValue range) =>
        range.PrefixLength >= (range.IsIPv4 ? AddressPrefixMin : AddressPrefixMinIPv6);
}
