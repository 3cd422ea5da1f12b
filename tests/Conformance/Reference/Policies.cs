using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>
/// Resource policies: sections 6.4, 6.8, 6.12 and 6.20 of the specification. The reference reads no policy language: what the policies of
/// the tests mean is written beside them.
/// </summary>
internal static class Policies
{
    private const string LockOut = "Your requested changes will not allow you to manage this secret in the future.";
    private const string Broad = "This resource policy grants broad access to your secret.";

    private static readonly KnownPolicy[] All =
    [
        new(Policy("Allow", """{"AWS":"arn:aws:iam::123456789012:root"}""", "secretsmanager:GetSecretValue")),
        new(Policy("Allow", """{"AWS":["210987654321"]}""", "secretsmanager:*")),
        new(Policy("Allow", "\"*\"", "secretsmanager:GetSecretValue"), IsPublic: true),
        new(Policy("Deny", "\"*\"", "secretsmanager:GetSecretValue"), Denied: "GetSecretValue"),
        new(Policy("Deny", """{"AWS":"123456789012"}""", "secretsmanager:TagResource"), Denied: "TagResource"),
        new(Policy("Deny", "\"*\"", "secretsmanager:*"), LocksOut: true),
    ];

    public static IEnumerable<string> Texts => All.Select(policy => policy.Text);

    public static JsonObject PutResourcePolicy(Call call)
    {
        var secret = Names.DemandWritable(call);
        var policy = Find(call);
        if (policy.LocksOut) throw new Refusal("MalformedPolicyDocumentException", LockOut);
        if (policy.IsPublic && call.Flag("BlockPublicPolicy") == true)
        {
            throw new Refusal("PublicPolicyException",
                "You can't attach a resource-based policy that allows broad access to the secret.");
        }
        secret.Policy = policy;
        secret.Changed = call.Now;
        return Answers.Of(("ARN", secret.Arn), ("Name", secret.Name));
    }

    public static JsonObject GetResourcePolicy(Call call)
    {
        var secret = Names.DemandActive(call);
        var shown = secret.Policy is { } policy ? Print(JsonNode.Parse(policy.Text)!, "\n") : null;
        return Answers.Of(("ARN", secret.Arn), ("Name", secret.Name), ("ResourcePolicy", shown));
    }

    public static JsonObject DeleteResourcePolicy(Call call)
    {
        var secret = Names.DemandWritable(call);
        if (secret.Policy is not null) secret.Changed = call.Now;
        secret.Policy = null;
        return Answers.Of(("ARN", secret.Arn), ("Name", secret.Name));
    }

    public static JsonObject ValidateResourcePolicy(Call call)
    {
        if (call.Text("SecretId") is not null) Names.DemandActive(call);
        var policy = Find(call);
        var errors = new List<JsonObject>();
        if (policy.LocksOut) errors.Add(Answers.Of(("CheckName", "LockoutCheck"), ("ErrorMessage", LockOut)));
        if (policy.IsPublic) errors.Add(Answers.Of(("CheckName", "BroadAccessCheck"), ("ErrorMessage", Broad)));
        return Answers.Of(("PolicyValidationPassed", errors.Count == 0), ("ValidationErrors", Answers.List(errors)));
    }

    /// <summary>A policy holds for the root of the account too.</summary>
    public static void DemandNotDenied(Call call, KnownSecret secret, string secretId)
    {
        if (secret.Policy?.Denied != call.Operation) return;
        throw Refusal.Framework("AccessDeniedException",
            $"User: arn:aws:iam::{World.Account}:root is not authorized to perform: secretsmanager:{call.Operation} "
            + $"on resource: {secretId} with an explicit deny in a resource-based policy");
    }

    private static KnownPolicy Find(Call call) => All.Single(policy => policy.Text == call.Text("ResourcePolicy"));

    private static string Policy(string effect, string principal, string action) =>
        $$"""
        { "Version":"2012-10-17","Statement" : [{"Effect":"{{effect}}","Principal":{{principal}},"Action":"{{action}}","Resource":"*"}] }
        """;

    /// <summary>Two spaces a level, and arrays on the line of their name.</summary>
    private static string Print(JsonNode node, string lineBreak) => node switch
    {
        JsonObject members => $"{{{lineBreak}  "
            + string.Join($",{lineBreak}  ", members.Select(member => $"\"{member.Key}\" : {Print(member.Value!, lineBreak + "  ")}"))
            + $"{lineBreak}}}",
        JsonArray items => $"[ {string.Join(", ", items.Select(item => Print(item!, lineBreak)))} ]",
        _ => node.ToJsonString(),
    };
}

/// <summary>A policy and what it means.</summary>
/// <param name="Denied">The operation that it denies to everyone.</param>
internal sealed record KnownPolicy(string Text, bool IsPublic = false, bool LocksOut = false, string? Denied = null);
