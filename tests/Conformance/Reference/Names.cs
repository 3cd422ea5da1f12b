using System.Text.RegularExpressions;

namespace Rekey.Conformance.Reference;

/// <summary>Names, ARNs and how a SecretId leads to a secret: section 3 of the specification.</summary>
internal static partial class Names
{
    public static void DemandCharacters(string name)
    {
        if (!Allowed().IsMatch(name)) throw InvalidName();
    }

    public static string NewArn(Call call, string name) =>
        $"arn:aws:secretsmanager:{call.Region}:{World.Account}:secret:{name}-{Symbols.ArnSuffix(call.Step)}";

    /// <summary>The form of a SecretId, before anything is looked up.</summary>
    public static void DemandForm(string secretId)
    {
        if (!secretId.StartsWith("arn:", StringComparison.Ordinal)) DemandCharacters(secretId);
        else if (secretId.Split(':', 7) is not ["arn", "aws", "secretsmanager", _, _, "secret", { Length: > 0 }]) throw InvalidName();
    }

    /// <summary>The secret a SecretId names, or null; denied where its policy denies it.</summary>
    public static KnownSecret? Find(Call call, string secretId)
    {
        var secret = LookUp(call, secretId);
        if (secret is not null) Policies.DemandNotDenied(call, secret, secretId);
        return secret;
    }

    /// <summary>Denied outside the account, whether or not anything is there.</summary>
    private static KnownSecret? LookUp(Call call, string secretId)
    {
        if (!secretId.StartsWith("arn:", StringComparison.Ordinal)) return call.World.Secrets.GetValueOrDefault((call.Region, secretId));
        var parts = secretId.Split(':', 7);
        var (region, account, name) = (parts[3], parts[4], parts[6]);
        if (account != World.Account) throw Denied(call, secretId);
        if (region != call.Region) return null;
        if (!EndsLikeFullArn().IsMatch(name)) return call.World.Secrets.GetValueOrDefault((region, name));
        return call.World.SecretsOf(region).FirstOrDefault(secret => secret.Arn == secretId);
    }

    /// <summary>Existence and state: what almost every operation demands of its SecretId.</summary>
    public static KnownSecret DemandActive(Call call)
    {
        var secret = Demand(call);
        if (secret.Deleted is not null) throw MarkedForDeletion();
        return secret;
    }

    /// <summary>The same for what changes a secret: a replica is changed through its primary alone.</summary>
    public static KnownSecret DemandWritable(Call call)
    {
        var secret = DemandActive(call);
        DemandNoReplica(secret);
        return secret;
    }

    public static void DemandNoReplica(KnownSecret secret)
    {
        if (!secret.IsReplica) return;
        throw Refusal.Parameter("Operation not permitted on a replica secret. Call must be made in primary secret's region.");
    }

    public static KnownSecret Demand(Call call) => Find(call, call.Text("SecretId")!) ?? throw NotFound();

    public static Refusal NotFound() => Refusal.NotFound("Secrets Manager can't find the specified secret.");

    public static Refusal MarkedForDeletion() =>
        Refusal.Request("You can't perform this operation on the secret because it was marked for deletion.");

    private static Refusal InvalidName() => Refusal.Framework("ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");

    private static Refusal Denied(Call call, string secretId) => Refusal.Framework("AccessDeniedException",
        $"User: arn:aws:iam::{World.Account}:root is not authorized to perform: secretsmanager:{call.Operation} on resource: {secretId} "
        + $"because no identity-based policy allows the secretsmanager:{call.Operation} action");

    [GeneratedRegex("^[A-Za-z0-9/_+=.@!-]*$", RegexOptions.NonBacktracking)]
    private static partial Regex Allowed();

    /// <summary>A hyphen and six characters, or the symbol of six characters.</summary>
    [GeneratedRegex(".-([A-Za-z0-9]{6}|~s[0-9]+~)$", RegexOptions.NonBacktracking)]
    private static partial Regex EndsLikeFullArn();
}
