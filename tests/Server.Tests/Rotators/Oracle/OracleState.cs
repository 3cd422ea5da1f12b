namespace Rekey.Server.Tests.Rotators.Oracle;

/// <summary>An account of a simulated Oracle server.</summary>
internal sealed class OracleAccount
{
    public string Newest { get; set; } = "";

    /// <summary>What logs in beside the newest; null outside of a rollover.</summary>
    public string? Older { get; set; }

    public string Lock { get; set; } = "";
    public string Tablespace { get; set; } = "USERS";
    public string TemporaryTablespace { get; set; } = "TEMP";
    public string Profile { get; set; } = "DEFAULT";
    public int OwnedObjects { get; set; }
    public HashSet<string> History { get; } = [];
    public SortedDictionary<string, long> Quotas { get; } = new(StringComparer.Ordinal);

    /// <summary>Privileges and roles with their options, each as a subject of its own.</summary>
    public HashSet<(string Privilege, string? On, string? Column, string Option)> Rights { get; } = [];

    /// <summary>Null for all.</summary>
    public SortedSet<string>? DefaultRoles { get; set; }

    public SortedDictionary<string, string> Synonyms { get; } = new(StringComparer.Ordinal);

    public string Status => (Lock.Length > 0 ? Lock : "OPEN") + (Older is null ? "" : " & IN ROLLOVER");

    public bool Accepts(string password) => password == Newest || password == Older;

    public IEnumerable<string> Roles => Rights.Where(right => right.On is null && right.Privilege[0] == '"')
        .Select(right => right.Privilege[1..^1]).Distinct().Order(StringComparer.Ordinal);

    public bool IsDefault(string role) => DefaultRoles is null || DefaultRoles.Contains(role);

    /// <summary>Everything that must be equal.</summary>
    public string Description => $"{Tablespace}|{TemporaryTablespace}|{Profile}|{string.Join(',', Quotas)}|"
        + $"{string.Join(',', Rights.Select(right => right.ToString()).Order(StringComparer.Ordinal))}|"
        + $"{string.Join(',', Roles.Where(IsDefault))}|{string.Join(',', Synonyms)}";
}

/// <summary>A profile's limits.</summary>
internal sealed record OracleLimits(string Rollover = "0", string Verify = "NULL", bool ForbidsReuse = false);
