using System.Diagnostics;
using Rekey.Aws;
using Rekey.Server.Authorization.Policies;
using Rekey.Server.Identity;
using Rekey.Server.Protocols;

namespace Rekey.Server.Authorization;

/// <summary>
/// Decides whether a call may go on. Every operation asks before it reports what it found, so that a caller without permission learns
/// nothing about what exists. Text: AWS, AccessDeniedException.
/// </summary>
internal static class Authorizer
{
    /// <summary>What takes a policy away, and what must come before it when the secret is scheduled for deletion.</summary>
    private static readonly string[] s_rescueActions = ["secretsmanager:DeleteResourcePolicy", "secretsmanager:RestoreSecret"];

    /// <summary>For operations that concern no single resource: the text has no "on resource" part.</summary>
    public static void Demand(RequestContext context)
    {
        if (!IsAllowed(context, resourceArn: null)) throw Denied(context, resourceAsWritten: null);
    }

    /// <param name="resourceArn">Full ARN of what was found; null when nothing was.</param>
    /// <param name="resourceAsWritten">The resource exactly as the caller named it.</param>
    public static void Demand(RequestContext context, string? resourceArn, string? resourceAsWritten)
    {
        if (resourceArn is not null) context.Audit.ResourceArn = resourceArn;
        if (!IsAllowed(context, resourceArn)) throw Denied(context, resourceAsWritten);
    }

    /// <summary>
    /// Refuses what a resource policy denies to the caller. Only an explicit deny counts: the account root is allowed everything besides.
    /// Text: AWS, AccessDeniedException.
    /// </summary>
    /// <param name="keys">What the service knows of the call; the global keys are added.</param>
    public static void DemandNotDenied(
        RequestContext context, PolicyDocument policy, string resourceArn, string resourceAsWritten, ContextKeys keys)
    {
        if (IsBeyondPolicies(context) || !IsDenied(context, policy, resourceArn, keys)) return;
        throw FrameworkErrors.AccessDenied(
            $"User: {context.Principal.Arn} is not authorized to perform: {context.Action} on resource: {resourceAsWritten}"
            + " with an explicit deny in a resource-based policy");
    }

    /// <summary>Whether a resource policy denies the caller the context's action.</summary>
    /// <inheritdoc cref="DemandNotDenied"/>
    public static bool IsDenied(RequestContext context, PolicyDocument policy, string resourceArn, ContextKeys keys)
    {
        var resourceAccount = AccountOf(resourceArn).ToString();
        GlobalKeys.Add(keys, context, resourceAccount);
        var request = new PolicyRequest(PolicyCaller.Of(context.Principal), context.Action, resourceArn, resourceAccount, keys);
        return PolicyEvaluator.Evaluate(request, new PolicySet { Resource = policy }).Outcome == PolicyOutcome.ExplicitDeny;
    }

    /// <summary>
    /// The service, because a rotation stopped halfway by a policy would lock out every application; it is confined to the secret of its
    /// lease. And the root where it rescues a secret from its policy: on a server of one's own there is nobody else to ask for that.
    /// </summary>
    private static bool IsBeyondPolicies(RequestContext context) => context.Principal.Kind switch
    {
        PrincipalKind.Service => true,
        PrincipalKind.Root => s_rescueActions.Contains(context.Action),
        _ => throw new UnreachableException(),
    };

    private static bool IsAllowed(RequestContext context, string? resourceArn) => context.Principal.Kind switch
    {
        // The root of an account may do everything there, and nothing elsewhere.
        PrincipalKind.Root => resourceArn is null || AccountOf(resourceArn).SequenceEqual(context.Principal.Account),

        // The service acts under a lease and on the secret of that lease only.
        PrincipalKind.Service => context.Lease is { } lease && (resourceArn is null || resourceArn == lease.SecretArn),

        _ => throw new UnreachableException(),
    };

    private static ServiceException Denied(RequestContext context, string? resourceAsWritten)
    {
        var where = resourceAsWritten is null ? "" : $" on resource: {resourceAsWritten}";
        return FrameworkErrors.AccessDenied(
            $"User: {context.Principal.Arn} is not authorized to perform: {context.Action}{where}"
            + $" because no identity-based policy allows the {context.Action} action");
    }

    /// <summary>The fifth part of an ARN; empty when there is none.</summary>
    private static ReadOnlySpan<char> AccountOf(ReadOnlySpan<char> arn)
    {
        for (var part = 0; part < 4; part++)
        {
            var colon = arn.IndexOf(':');
            if (colon < 0) return [];
            arn = arn[(colon + 1)..];
        }
        var end = arn.IndexOf(':');
        return end < 0 ? [] : arn[..end];
    }
}
