namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// What a decision is about. <paramref name="Action"/> is such as <c>secretsmanager:GetSecretValue</c>; <paramref name="Resource"/> is the
/// ARN, or <c>*</c> for an operation that concerns no single resource; <paramref name="ResourceAccount"/> is the account that owns it.
/// </summary>
internal sealed record PolicyRequest(PolicyCaller Caller, string Action, string Resource, string ResourceAccount, ContextKeys Keys)
{
    /// <summary>A service belongs to no account, and neither does somebody known to an identity provider only.</summary>
    public bool IsCrossAccount => Caller.Account.Length > 0 && Caller.Account != ResourceAccount;
}
