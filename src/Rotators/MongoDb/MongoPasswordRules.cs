namespace Rekey.Rotators.MongoDb;

/// <summary>MongoDB has no rules for passwords; Amazon DocumentDB has.</summary>
internal static class MongoPasswordRules
{
    /// <summary>Source: Amazon DocumentDB Developer Guide, quotas: 8 to 100 characters, without /, " and @.</summary>
    private static readonly PasswordRules DocumentDb = new() { LengthMin = 8, LengthMax = 100, ForbiddenCharacters = "/\"@" };

    /// <param name="known">A user that is there and may be read.</param>
    public static async Task<PasswordRules> ReadAsync(MongoUsers users, string known, CancellationToken cancellationToken) =>
        await users.FindAsync(known, cancellationToken) is { HasRestrictions: false } ? DocumentDb : PasswordRules.None;
}
