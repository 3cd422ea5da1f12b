namespace Rekey.Conformance.Engines;

/// <summary>Where <c>eng/engines</c> keeps the servers it fetched. The rule is told there.</summary>
internal static class EngineCache
{
    public static string Folder { get; } = Path.Combine(Root(), "engines");

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("REKEY_CACHE") is { Length: > 0 } chosen) return chosen;
        if (Environment.IsPrivilegedProcess) return "/var/cache/rekey";
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } own
            ? own
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache, "rekey");
    }
}
