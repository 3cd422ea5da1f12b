namespace Rekey.Conformance;

/// <summary>Where <c>eng/engines</c> and <c>eng/clients</c> keep what they fetched. The rule is told in <c>eng/cache</c>.</summary>
internal static class DownloadCache
{
    public static string Engines { get; } = Path.Combine(Root(), "engines");

    public static string Clients { get; } = Path.Combine(Root(), "clients");

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
