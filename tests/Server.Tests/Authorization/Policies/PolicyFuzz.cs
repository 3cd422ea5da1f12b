using Rekey.Server.Authorization.Policies;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>
/// The entry for fuzzing: any bytes are parsed as each kind of policy, and what is a policy is evaluated and analysed. Nothing but a
/// syntax error may come of it, and the time is bounded by the longest policy.
/// </summary>
internal static class PolicyFuzz
{
    private static readonly PolicyKind[] Kinds = Enum.GetValues<PolicyKind>();

    private static readonly PolicyRequest[] Requests =
    [
        PolicyScene.Request(PolicyScene.Asking(new Dictionary<string, string[]>
        {
            ["aws:username"] = ["alice"], ["aws:SourceIp"] = ["2001:db8::1"], ["aws:CurrentTime"] = ["2026-01-01T00:00:00Z"],
            ["aws:TagKeys"] = ["a", "b"], ["aws:k"] = ["1"], ["a:b"] = ["true"],
        })),
        PolicyScene.Request(PolicyScene.Asking(new Dictionary<string, string[]>(), "session", "kms:Decrypt", "*")),
        PolicyScene.Request(PolicyScene.Asking(new Dictionary<string, string[]> { ["aws:username"] = ["*"] }, "lambda")),
    ];

    /// <summary>Whether the bytes were a policy of any kind.</summary>
    public static bool Run(ReadOnlySpan<byte> bytes)
    {
        var isPolicy = false;
        foreach (var kind in Kinds)
        {
            try
            {
                Use(PolicyDocument.Parse(bytes, kind));
                isPolicy = true;
            }
            catch (PolicySyntaxException)
            {
                // The one answer that a text may get which is no policy.
            }
        }
        return isPolicy;
    }

    private static void Use(PolicyDocument policy)
    {
        foreach (var request in Requests)
        {
            PolicyEvaluator.Evaluate(request, new PolicySet { Identity = [policy], Boundary = policy, Session = [policy] });
            PolicyEvaluator.Evaluate(request, new PolicySet { Resource = policy });
        }
        PublicAccess.Find(policy);
        KnownActions.SecretsManager.FindUnknown(policy);
    }
}
