using Rekey.Aws;
using Rekey.Server.Authorization;
using Rekey.Server.Authorization.Policies;
using Rekey.Server.Protocols;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// What a resource policy must satisfy before it is attached. In the caller's account no principal exists but the account itself; those of
/// other accounts cannot be looked up and are taken as they are. Source: AWS Secrets Manager User Guide, "Resource-based
/// policies"; docs/compatibility.md.
/// </summary>
internal static class ResourcePolicyCheck
{
    private const string Service = "secretsmanager";

    /// <summary>
    /// Everything that is wrong, of the grammar the first fault, in the order of <see cref="PolicyCheck"/>; found as it is asked for.
    /// </summary>
    /// <param name="secret">The secret that the policy is for; null: any of the caller's account and region.</param>
    /// <param name="put">The call, as PutResourcePolicy.</param>
    /// <param name="secretId">As the caller wrote it; null when the secret is.</param>
    public static IEnumerable<PolicyFinding> Run(string text, Secret? secret, RequestContext put, string? secretId)
    {
        var (policy, broken) = Read(text);
        if (policy is null) return [broken!];
        var elements = policy.Statements.SelectMany(statement => Elements(statement, secret, put.Account));
        return elements.OrderBy(finding => finding.Check).Concat(Effects(policy, secret, put, secretId));
    }

    private static (PolicyDocument? Policy, PolicyFinding? Broken) Read(string text)
    {
        try
        {
            return (SecretPolicy.Parse(text), null);
        }
        catch (PolicySyntaxException broken)
        {
            return (null, broken.Fault switch
            {
                PolicyFault.Principal => PolicyFinding.Principal(broken.Described),
                PolicyFault.ServicePrincipal => PolicyFinding.ServicePrincipal(broken.Described),
                _ => PolicyFinding.Syntax(broken.Described, isUnreadable: broken.Fault is PolicyFault.Json or PolicyFault.TooLarge),
            });
        }
    }

    private static IEnumerable<PolicyFinding> Elements(PolicyStatement statement, Secret? secret, string account)
    {
        var place = $"Statement {statement.Index + 1}:";
        foreach (var action in statement.Actions.Patterns)
        {
            if (!KnownActions.SecretsManager.AreMatchedBy(action))
                yield return PolicyFinding.Syntax($"{place} {Quoted(action.Text)} is not an action of Secrets Manager.");
        }
        foreach (var resource in statement.Resources!.Patterns)
        {
            if (!IsSecret(resource, secret, statement.Resources.IsNegated))
                yield return PolicyFinding.Syntax($"{place} {Quoted(resource.Text)} cannot mean this secret; use \"*\".");
        }
        foreach (var principal in statement.Principals!.Principals)
        {
            var shown = $"{place} {Quoted(principal.Text)}";
            if (principal.Form == PrincipalForm.Service && !IsService(principal.Text))
                yield return PolicyFinding.ServicePrincipal($"{shown} is not a service of AWS.");
            if (principal.Form != PrincipalForm.Service && !MayExist(principal, account))
                yield return PolicyFinding.Principal($"{shown} does not exist.");
        }
    }

    private static IEnumerable<PolicyFinding> Effects(PolicyDocument policy, Secret? secret, RequestContext put, string? secretId)
    {
        // A policy that asks for BlockPublicPolicy does not lock out: the caller can give it.
        if (Denies(policy, secret, put, secretId, isPublicBlocked: true) && Denies(policy, secret, put, secretId, isPublicBlocked: false))
            yield return PolicyFinding.Lockout();
        if (PublicAccess.Find(policy) is not null) yield return PolicyFinding.BroadAccess();
    }

    private static bool Denies(PolicyDocument policy, Secret? secret, RequestContext put, string? secretId, bool isPublicBlocked)
    {
        var keys = ConditionKeys.OfPut(secretId, isPublicBlocked);
        if (secret is not null) ConditionKeys.AddSecret(keys, secret);
        return Authorizer.IsDenied(put, policy, secret?.Arn ?? SecretIdentifier.AnyArn(put.Account, put.Region), keys);
    }

    /// <summary>A resource with variables can be judged only in a request; what NotResource leaves out need not be a secret.</summary>
    private static bool IsSecret(ResourcePattern resource, Secret? secret, bool isNegated)
    {
        if (resource.Text == "*" || resource.HasVariables || isNegated) return true;
        return secret is null
            ? resource.Text.Split(':') is ["arn", _, Service, ..]
            : resource.Matches(secret.Arn, ContextKeys.None) == true;
    }

    /// <summary>AWS's list of services is not published; their names end with a domain of AWS.</summary>
    private static bool IsService(string name) =>
        name.EndsWith(".amazonaws.com", StringComparison.Ordinal)
        || name.EndsWith(".amazonaws.com.cn", StringComparison.Ordinal)
        || name.EndsWith(".amazon.com", StringComparison.Ordinal);

    private static string Quoted(string text) =>
        text.Length > Limits.EchoedCharsMax ? $"'{EchoedText.Shown(text)}...'" : $"'{EchoedText.Shown(text)}'";

    private static bool MayExist(PolicyPrincipal principal, string account) => principal.Form switch
    {
        PrincipalForm.Everyone => true,
        _ when Arn.TryParse(principal.Text, out var arn) && arn.Partition != SecretIdentifier.Partition => false,
        PrincipalForm.Account => true,
        PrincipalForm.UniqueId or PrincipalForm.CanonicalUser => false,
        _ => principal.Account != account,
    };
}
