namespace Rekey.Rotators.MySql;

/// <summary>What one account (a user at a host) may do and is held to, in one form for all servers.</summary>
internal sealed class AccountRights
{
    /// <summary>What CREATE USER gives when nothing else is asked for.</summary>
    private static readonly HashSet<string> Defaults =
    [
        "REQUIRE NONE", "MAX_QUERIES_PER_HOUR 0", "MAX_UPDATES_PER_HOUR 0", "MAX_CONNECTIONS_PER_HOUR 0", "MAX_USER_CONNECTIONS 0",
        "MAX_STATEMENT_TIME 0", "PASSWORD EXPIRE DEFAULT", "PASSWORD HISTORY DEFAULT", "PASSWORD REUSE INTERVAL DEFAULT",
        "PASSWORD REQUIRE CURRENT DEFAULT", "FAILED_LOGIN_ATTEMPTS 0 PASSWORD_LOCK_TIME 0",
    ];

    /// <summary>The privileges of the account by what they are on, without those that come by roles.</summary>
    public Dictionary<RightsObject, HashSet<Privilege>> Privileges { get; } = [];

    /// <summary>Databases that a global privilege does not extend to (MySQL's partial revokes).</summary>
    public Dictionary<RightsObject, HashSet<Privilege>> Restrictions { get; } = [];

    /// <summary>Granted roles and accounts it may act as; the value tells whether it may pass them on.</summary>
    public Dictionary<Membership, bool> Memberships { get; } = [];

    /// <summary>The roles that are active after a login, as statements write them; sorted.</summary>
    public SortedSet<string> DefaultRoles { get; } = new(StringComparer.Ordinal);

    /// <summary>TLS requirement, limits and password rules by name.</summary>
    public Dictionary<string, AccountSetting> Settings { get; } = [];

    /// <summary>The account's comment and attributes: MySQL's JSON object by key, each value as text.</summary>
    public SortedDictionary<string, string> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>The rights of an account that was just made, on the server of the given one.</summary>
    public static AccountRights OfNew(AccountRights like)
    {
        var rights = new AccountRights();
        foreach (var (name, setting) in like.Settings)
        {
            if (Defaults.Contains(setting.Value)) rights.Settings.Add(name, setting);
        }
        return rights;
    }

    public void Grant(RightsObject on, string privilege, string? column = null)
    {
        if (!Privileges.TryGetValue(on, out var held)) Privileges.Add(on, held = []);
        held.Add(new Privilege(privilege, column));
    }
}

/// <param name="Name">As GRANT writes it; <see cref="GrantOption"/> for the right to pass the others on.</param>
/// <param name="Column">Null for the whole object.</param>
internal readonly record struct Privilege(string Name, string? Column)
{
    public const string GrantOption = "GRANT OPTION";
}

internal enum RightsLevel
{
    /// <summary>All privileges of *.*, except those that MySQL calls dynamic.</summary>
    Global,

    /// <summary>One dynamic privilege, which has a grant option of its own.</summary>
    Dynamic,
    Database,
    Table,
    Routine,
}

/// <summary>What privileges are on.</summary>
/// <param name="Database">A database's name or pattern; null for all.</param>
/// <param name="Name">The table or routine; with <see cref="RightsLevel.Dynamic"/> the privilege.</param>
/// <param name="Type">FUNCTION, PROCEDURE, PACKAGE, ... of a routine.</param>
internal sealed record RightsObject(RightsLevel Level, string? Database = null, string? Name = null, string? Type = null)
{
    public static RightsObject Global { get; } = new(RightsLevel.Global);

    /// <summary>As GRANT and REVOKE write it after ON.</summary>
    public string Quoted => Level switch
    {
        RightsLevel.Global or RightsLevel.Dynamic => "*.*",
        RightsLevel.Database => $"{MySqlText.Name(Database!)}.*",
        RightsLevel.Table => $"TABLE {MySqlText.Name(Database!)}.{MySqlText.Name(Name!)}",
        _ => $"{Type} {MySqlText.Name(Database!)}.{MySqlText.Name(Name!)}",
    };
}

/// <param name="Granted">The role or the proxied account, quoted.</param>
internal sealed record Membership(bool IsProxy, string Granted);

/// <param name="Value">What is compared.</param>
/// <param name="Clause">What ALTER USER takes for it.</param>
internal sealed record AccountSetting(AccountClause Kind, string Value, string Clause);

/// <summary>Where in ALTER USER a setting stands; also the order.</summary>
internal enum AccountClause
{
    Require,
    Limits,
    Password,
}
