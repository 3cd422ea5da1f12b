using System.Collections.Immutable;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// Decides a request from the policies that concern it: pure, without clock or storage. An explicit deny in any policy wins. Otherwise, in
/// one account, the identity's policies (within boundary and session policies) or the resource's policy must allow; across accounts both.
/// What a resource's policy grants to a user or session by name, or to everyone, neither boundary nor session policy limits; what it grants
/// to a role or to the user behind a session, they do; what it grants to an account, the account must grant on.
/// Source: AWS IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic".
/// </summary>
internal static class PolicyEvaluator
{
    public static PolicyDecision Evaluate(PolicyRequest request, PolicySet policies)
    {
        var hasBoundary = policies.Boundary is not null;
        var resource = Verdict.Of(policies.Resource, request, hasBoundary);
        var identity = Verdict.OfAny(policies.Identity, request);
        var boundary = Verdict.Of(policies.Boundary, request, hasBoundary);
        var session = Verdict.OfAny(policies.Session, request);

        var resourceKind = policies.Resource?.Kind ?? PolicyKind.Resource;
        if (resource.Deny is not null) return Denied(resourceKind, resource.Deny);
        if (identity.Deny is not null) return Denied(PolicyKind.Identity, identity.Deny);
        if (boundary.Deny is not null) return Denied(PolicyKind.Boundary, boundary.Deny);
        if (session.Deny is not null) return Denied(PolicyKind.Session, session.Deny);

        PolicyKind? limit = hasBoundary && boundary.Allow is null ? PolicyKind.Boundary
            : !policies.Session.IsEmpty && session.Allow is null ? PolicyKind.Session
            : null;
        var byResource = Allowed(resourceKind, resource.Allow);
        var byIdentity = ByIdentity(request.Caller, identity, limit);

        // Services, and people known to a provider only, have no policies of their own.
        if (request.Caller.Account.Length == 0) return byResource;
        if (request.IsCrossAccount) return byIdentity.IsAllowed ? byResource : byIdentity;

        // Who may assume a role is not said by the identity's policies alone.
        if (resourceKind == PolicyKind.Trust && resource.Allow is null) return byResource;
        return resource.AllowedAs switch
        {
            PrincipalMatch.Direct => byResource,
            PrincipalMatch.Entity => limit is { } kind ? new PolicyDecision(PolicyOutcome.ImplicitDeny, kind) : byResource,
            _ => byIdentity,
        };
    }

    /// <summary>The root of an account needs no policy, and neither boundaries nor session policies are made for it.</summary>
    private static PolicyDecision ByIdentity(PolicyCaller caller, in Verdict identity, PolicyKind? limit)
    {
        if (caller.Kind == CallerKind.AccountRoot) return new PolicyDecision(PolicyOutcome.Allowed, PolicyKind.Identity);
        if (identity.Allow is null || limit is null) return Allowed(PolicyKind.Identity, identity.Allow);
        return new PolicyDecision(PolicyOutcome.ImplicitDeny, limit.Value);
    }

    private static PolicyDecision Denied(PolicyKind kind, PolicyStatement statement) => new(PolicyOutcome.ExplicitDeny, kind, statement);

    private static PolicyDecision Allowed(PolicyKind kind, PolicyStatement? statement) =>
        new(statement is null ? PolicyOutcome.ImplicitDeny : PolicyOutcome.Allowed, kind, statement);

    /// <summary>What the statements of one kind of policy say: the first deny, and the allow that names the caller most directly.</summary>
    private readonly record struct Verdict(PolicyStatement? Deny, PolicyStatement? Allow, PrincipalMatch AllowedAs)
    {
        public static Verdict Of(PolicyDocument? policy, PolicyRequest request, bool hasBoundary)
        {
            var verdict = default(Verdict);
            if (policy is null) return verdict;
            foreach (var statement in policy.Statements)
            {
                var match = statement.Match(request, hasBoundary);
                if (match == PrincipalMatch.None) continue;
                if (statement.Effect == PolicyEffect.Deny) return new Verdict(statement, null, PrincipalMatch.None);
                if (match > verdict.AllowedAs) verdict = new Verdict(null, statement, match);
            }
            return verdict;
        }

        public static Verdict OfAny(ImmutableArray<PolicyDocument> policies, PolicyRequest request)
        {
            var verdict = default(Verdict);
            foreach (var policy in policies)
            {
                var next = Of(policy, request, hasBoundary: false);
                if (next.Deny is not null) return next;
                if (verdict.Allow is null) verdict = next;
            }
            return verdict;
        }
    }
}
