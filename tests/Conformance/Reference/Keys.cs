namespace Rekey.Conformance.Reference;

/// <summary>KMS keys: the default key, one more, and names that lead nowhere (sections 6.3 and 6.18 of the specification).</summary>
internal static class Keys
{
    public const string OwnAlias = "alias/own";
    private const string DefaultAlias = "alias/aws/secretsmanager";

    /// <summary>Throws for a key that does not exist.</summary>
    public static void Demand(Call call, string? given)
    {
        if (Problem(call.World, call.Region, given) is { } problem) throw Refusal.Parameter(problem);
    }

    /// <summary>What is wrong with a key; null for one that exists.</summary>
    public static string? Problem(World world, string region, string? given)
    {
        if (string.IsNullOrEmpty(given) || given is DefaultAlias or OwnAlias || given == world.OwnKeys[region]) return null;
        return $"The operation failed because of an invalid KMS key: Invalid keyId {given}";
    }

    public static bool IsOwn(World world, KnownSecret secret) =>
        secret.KmsKeyId == OwnAlias || secret.KmsKeyId == world.OwnKeys[secret.Region];
}
