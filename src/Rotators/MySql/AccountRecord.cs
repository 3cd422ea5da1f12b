namespace Rekey.Rotators.MySql;

/// <summary>One row of the catalogue's accounts.</summary>
/// <param name="Authentications">How the account may log in: one, or MariaDB's alternatives in their order.</param>
/// <param name="Secondary">What the password before was stored as, where MySQL keeps it beside the first.</param>
/// <param name="IsRole">MariaDB's roles, which nobody logs in as.</param>
/// <param name="HasMoreFactors">MySQL's second and third factors.</param>
internal sealed record AccountRecord(
    string User, string Host, IReadOnlyList<Authentication> Authentications, Authentication? Secondary,
    bool IsLocked, bool IsRole, bool HasMoreFactors)
{
    /// <summary>The plugins that check a password which the server keeps.</summary>
    public static IReadOnlyList<string> PasswordPlugins { get; } =
        ["mysql_native_password", "caching_sha2_password", "sha256_password", "ed25519", "parsec"];

    public required AccountRights Rights { get; init; }

    public string Quoted => MySqlText.Account(User, Host);

    /// <summary>The first plugin that checks a password kept in the database; null when there is none.</summary>
    public string? PasswordPlugin => Authentications.Select(way => way.Plugin).FirstOrDefault(PasswordPlugins.Contains);

    /// <summary>Refuses an account whose password is kept elsewhere, or is not enough.</summary>
    public string DemandPasswordPlugin()
    {
        if (HasMoreFactors) throw Refused($"The account {Quoted} wants a second factor, which a rotation does not have");
        return PasswordPlugin ?? throw Refused($"The account {Quoted} authenticates without a password that the server keeps");
    }

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}

/// <param name="Plugin">The authentication plugin.</param>
/// <param name="Stored">What the server keeps of the password, as its plugin writes it: each byte is one character.</param>
internal sealed record Authentication(string Plugin, string Stored)
{
    public override string ToString() => Plugin;
}
