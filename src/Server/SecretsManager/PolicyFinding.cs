namespace Rekey.Server.SecretsManager;

/// <summary>Something for which a resource policy is refused.</summary>
/// <param name="Message">AWS's sentence, then where and what: clients look for the sentence at the start.</param>
/// <param name="IsUnreadable">True when the text is no JSON, so that nothing else could be looked for.</param>
internal sealed record PolicyFinding(PolicyCheck Check, string Message, bool IsUnreadable = false)
{
    public static PolicyFinding Syntax(string detail, bool isUnreadable = false) =>
        new(PolicyCheck.Syntax, $"This resource policy contains a syntax error. {detail}", isUnreadable);

    public static PolicyFinding Principal(string detail) =>
        new(PolicyCheck.Principal, $"This resource policy contains an unsupported principal. {detail}");

    public static PolicyFinding ServicePrincipal(string detail) =>
        new(PolicyCheck.ServicePrincipal, $"This resource policy contains an invalid service principal. {detail}");

    public static PolicyFinding Lockout() =>
        new(PolicyCheck.Lockout, "Your requested changes will not allow you to manage this secret in the future.");

    public static PolicyFinding BroadAccess() => new(PolicyCheck.BroadAccess, "This resource policy grants broad access to your secret.");
}

/// <summary>What is looked for in a resource policy, in this order.</summary>
internal enum PolicyCheck
{
    /// <summary>The policy language, and actions and resources that are Secrets Manager's.</summary>
    Syntax,

    /// <summary>Principals that exist, as far as that can be known.</summary>
    Principal,

    ServicePrincipal,

    /// <summary>The caller may still replace the policy.</summary>
    Lockout,

    /// <summary>Nobody unknown is let in.</summary>
    BroadAccess,
}
