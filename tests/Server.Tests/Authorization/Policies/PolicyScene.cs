using Rekey.Server.Authorization.Policies;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>Requests and verdicts in the words of the reference, so that both can be asked the same.</summary>
internal static class PolicyScene
{
    public const string Secret = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:app/db-AbCdEf";

    private const string Account = ReferencePrincipals.Account;

    private static readonly Dictionary<string, PolicyCaller> Callers = new()
    {
        ["root"] = new(CallerKind.AccountRoot, Account, $"arn:aws:iam::{Account}:root"),
        ["alice"] = new(CallerKind.User, Account, $"arn:aws:iam::{Account}:user/alice"),
        ["session"] = new(CallerKind.RoleSession, Account, $"arn:aws:sts::{Account}:assumed-role/reader/one")
        {
            EntityArn = $"arn:aws:iam::{Account}:role/reader",
        },
        ["lambda"] = new(CallerKind.Service, "", "lambda.amazonaws.com"),
    };

    public static PolicyRequest Request(ReferenceRequest request)
    {
        var keys = new ContextKeys();
        foreach (var (name, values) in request.Context) keys.Add(name, [.. values]);
        return new PolicyRequest(Callers[request.Caller], request.Action, request.Resource, Account, keys);
    }

    public static ReferenceRequest Asking(
        IReadOnlyDictionary<string, string[]> context,
        string caller = "alice",
        string action = "secretsmanager:GetSecretValue",
        string resource = Secret) => new(caller, action, resource, context);

    /// <summary>"Deny" or "Allow", or "" when no statement applies.</summary>
    public static string Verdict(PolicyDocument policy, PolicyRequest request)
    {
        var effects = policy.Statements
            .Where(statement => statement.Match(request, hasBoundary: false) != PrincipalMatch.None)
            .Select(statement => statement.Effect)
            .ToArray();
        return effects.Contains(PolicyEffect.Deny) ? "Deny" : effects.Length > 0 ? "Allow" : "";
    }
}
