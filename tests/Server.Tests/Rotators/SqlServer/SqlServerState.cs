namespace Rekey.Server.Tests.Rotators.SqlServer;

/// <summary>What a permission is on, and which.</summary>
/// <param name="Kind">The word before the two colons; empty for the server or the database itself.</param>
internal sealed record SqlServerSubject(string Kind, string? Schema, string? Name, string? Column, string Permission)
{
    private static readonly Dictionary<string, string> Classes = new()
    {
        [""] = "0",
        ["OBJECT"] = "1",
        ["SCHEMA"] = "3",
        ["ROLE"] = "4",
        ["USER"] = "4",
        ["ASSEMBLY"] = "5",
        ["TYPE"] = "6",
        ["XML SCHEMA COLLECTION"] = "10",
        ["MESSAGE TYPE"] = "15",
        ["CONTRACT"] = "16",
        ["SERVICE"] = "17",
        ["REMOTE SERVICE BINDING"] = "18",
        ["ROUTE"] = "19",
        ["FULLTEXT CATALOG"] = "23",
        ["SYMMETRIC KEY"] = "24",
        ["CERTIFICATE"] = "25",
        ["ASYMMETRIC KEY"] = "26",
        ["FULLTEXT STOPLIST"] = "29",
        ["SEARCH PROPERTY LIST"] = "31",
        ["LOGIN"] = "101",
        ["SERVER ROLE"] = "101",
        ["ENDPOINT"] = "105",
    };

    public static IReadOnlyCollection<string> Kinds => Classes.Keys;

    public static string ClassOf(string kind) => Classes[kind];
}

internal sealed class SqlServerUser
{
    public string Sid { get; set; } = "";
    public string? Schema { get; set; } = "dbo";
    public string? Password { get; set; }
    public string? Language { get; set; }
    public bool MayConnect { get; set; } = true;
    public SortedSet<string> Roles { get; init; } = new(StringComparer.Ordinal);
    public SortedSet<string> OwnedSchemas { get; init; } = new(StringComparer.Ordinal);
    public Dictionary<SqlServerSubject, char> Permissions { get; init; } = [];

    /// <summary>Everything that must be equal.</summary>
    public string Rights => $"{Schema}|{Language}|{string.Join(',', Roles)}|{SqlServerState.Describe(Permissions)}";

    public SqlServerUser Copy() => new()
    {
        Sid = Sid,
        Schema = Schema,
        Password = Password,
        Language = Language,
        MayConnect = MayConnect,
        Roles = new(Roles, StringComparer.Ordinal),
        OwnedSchemas = new(OwnedSchemas, StringComparer.Ordinal),
        Permissions = new(Permissions),
    };
}

internal sealed class SqlServerAccount
{
    public string Sid { get; set; } = "";
    public string Password { get; set; } = "";
    public bool IsDisabled { get; set; }
    public bool IsLocked { get; set; }
    public string Database { get; set; } = "master";
    public string Language { get; set; } = "us_english";
    public bool IsPolicyChecked { get; set; } = true;
    public bool IsExpirationChecked { get; set; }
    public SortedSet<string> Roles { get; init; } = new(StringComparer.Ordinal);
    public SortedSet<string> Credentials { get; init; } = new(StringComparer.Ordinal);
    public Dictionary<SqlServerSubject, char> Permissions { get; init; } = [];

    public string Rights => $"{Database}|{Language}|{IsPolicyChecked}|{IsExpirationChecked}|{string.Join(',', Roles)}|"
        + $"{string.Join(',', Credentials)}|{SqlServerState.Describe(Permissions)}";

    public SqlServerAccount Copy() => new()
    {
        Sid = Sid,
        Password = Password,
        IsDisabled = IsDisabled,
        IsLocked = IsLocked,
        Database = Database,
        Language = Language,
        IsPolicyChecked = IsPolicyChecked,
        IsExpirationChecked = IsExpirationChecked,
        Roles = new(Roles, StringComparer.Ordinal),
        Credentials = new(Credentials, StringComparer.Ordinal),
        Permissions = new(Permissions),
    };
}

internal sealed class SqlServerDatabase
{
    public Dictionary<string, SqlServerUser> Users { get; init; } = [];
}

/// <summary>All accounts of a simulated SQL Server.</summary>
internal sealed class SqlServerState
{
    public Dictionary<string, SqlServerAccount> Logins { get; init; } = [];
    public Dictionary<string, SqlServerDatabase> Databases { get; init; } = new() { ["master"] = new() };

    private int _sids = 0x10;

    public string NewSid() => $"0x{_sids++:X32}";

    /// <summary>Everything that must be equal between a base and its clone, in all databases.</summary>
    public string RightsOf(string login)
    {
        var account = Logins[login];
        var users = Databases.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => (entry.Key, User: entry.Value.Users.Values.FirstOrDefault(user => user.Sid == account.Sid)))
            .Where(entry => entry.User is not null).Select(entry => $"{entry.Key}:{entry.User!.Rights}");
        return $"{account.Rights}\n{string.Join('\n', users)}";
    }

    public SqlServerState Copy() => new()
    {
        Logins = Logins.ToDictionary(entry => entry.Key, entry => entry.Value.Copy()),
        Databases = Databases.ToDictionary(
            entry => entry.Key,
            entry => new SqlServerDatabase { Users = entry.Value.Users.ToDictionary(user => user.Key, user => user.Value.Copy()) }),
        _sids = _sids,
    };

    public static string Describe(Dictionary<SqlServerSubject, char> permissions) => string.Join(
        ',', permissions.Select(entry => $"{entry.Value}{entry.Key}").Order(StringComparer.Ordinal));
}
