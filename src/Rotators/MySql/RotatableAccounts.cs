namespace Rekey.Rotators.MySql;

/// <summary>Which accounts a rotation may touch with a superuser's power: those that an application logs in with.</summary>
internal static class RotatableAccounts
{
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "root", "mysql", "mysql.sys", "mysql.session", "mysql.infoschema", "mariadb.sys", "PUBLIC", "debian-sys-maint",
        "rdsadmin", "rdsrepladmin", "rds_superuser_role", "rdsproxyadmin", "azure_superuser", "cloudsqladmin", "cloudsqlsuperuser",
    };

    /// <summary>Each lets its holder make accounts, or become any.</summary>
    private static readonly HashSet<string> TooPowerful = new(StringComparer.OrdinalIgnoreCase)
    {
        "SUPER", "CREATE USER", "SET USER", "SYSTEM_USER", "SET_USER_ID", "SET_ANY_DEFINER", "ROLE_ADMIN",
        "SYSTEM_VARIABLES_ADMIN", "PASSWORDLESS_USER_ADMIN", "AUTHENTICATION_POLICY_ADMIN",
    };

    public static void DemandNotReserved(string username, string superuser)
    {
        if (Reserved.Contains(username))
            throw Refused($"{username} is an account of the server's own or its provider's: it is not rotated");
        if (username == superuser) throw Refused($"{username} is the superuser itself: it is not rotated by its own power");
    }

    public static void DemandRotatable(AccountRecord account)
    {
        if (account.IsRole) throw Refused($"{account.User} is a role: nobody logs in as it");
        if (!account.IsRole && account is { IsLocked: true, Authentications: [{ Stored: "" }] })
            throw Refused($"{account.Quoted} is a role or was never given a password");
        if (account.HasMoreFactors) account.DemandPasswordPlugin();
        DemandHarmless(account, account.User);
    }

    /// <param name="holder">The account, or a role that it has.</param>
    /// <param name="username">Whom the failure is about.</param>
    public static void DemandHarmless(AccountRecord holder, string username)
    {
        if (Reserved.Contains(holder.User)) throw TooMuch(username, $"the role {holder.User}");
        foreach (var (on, privileges) in holder.Rights.Privileges)
        {
            if (on.Level is not (RightsLevel.Global or RightsLevel.Dynamic)) continue;
            foreach (var privilege in privileges)
            {
                if (TooPowerful.Contains(privilege.Name)) throw TooMuch(username, privilege.Name);
                if (on.Level == RightsLevel.Global && privilege.Name == Privilege.GrantOption)
                    throw TooMuch(username, "GRANT OPTION on *.*");
            }
        }
    }

    private static RotatorException TooMuch(string username, string what) =>
        Refused($"{username} has {what}, more power than an application's account: it is not rotated with a superuser secret");

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
